public import Coordination
internal import Journal
public import Logging
public import Model
public import Recovery
internal import Synchronization
public import ServiceLifecycle
public import Transactions

/// A node: a journal of sessions in this process, mirrored to Kafka where that is configured, and
/// otherwise recovered right here.
///
/// ```swift
/// let reprise = try await Reprise.open(configuration, handlers: [signUp: SignUpRecovery()])
/// try await reprise.withSession(signUp, record: userData) { session in
///     let id = try await users.create(user)
///     try await session.append(Array(id.utf8))
///     try await users.activate(id)
/// }
/// ```
///
/// Add it to a `ServiceGroup`: on a graceful shutdown it stops accepting sessions, lets running
/// handlers finish, closes what is open, and lets go of its directory.
public final class Reprise: Service {
    /// What it is put together from.
    package let node: Node
    private let isClosed = Atomic<Bool>(false)

    /// The sessions of this node by id, for callers that are not the ones who opened them.
    public var sessions: SessionOperations { SessionOperations(node: node) }

    /// Runs work in transactions over the resources that the node was opened with.
    public var transactions: TransactionManager { node.transactions }

    private init(node: Node) {
        self.node = node
    }

    /// Opens the journal, replays it, and starts the mirror or the recovery. When it returns,
    /// sessions can be opened; those of an earlier run are being recovered.
    ///
    /// Kafka may be away: the journal keeps everything until it is back. What is wrong with the
    /// topics is no error here either, but shows in `NodeStatus.mirrorError`.
    ///
    /// - Parameters:
    ///   - configuration: checked before anything is touched.
    ///   - handlers: what recovers the sessions of each kind, where this process does so: without
    ///     Kafka. With Kafka a `RecoveryWorker` does.
    ///   - resources: what can take part in transactions, under names that stay the same over
    ///     restarts: a transaction that an earlier run left in doubt is finished in them.
    ///   - logger: told of what an operator should know.
    /// - Throws: `configuration`, `kafkaConfiguration`, `journalLocked`, `journalDamaged`,
    ///   `journalForeignFile`, `journalVersion`, `journalIO`.
    public static func open(
        _ configuration: RepriseConfiguration,
        handlers: [Kind: any RecoveryHandler] = [:],
        resources: [any TransactionResource] = [],
        logger: Logger = Logger(label: "reprise")
    ) async throws(RepriseError) -> Reprise {
        try configuration.validate()
        return Reprise(
            node: try await Node.start(
                configuration, handlers: handlers, resources: resources, logger: logger))
    }

    /// Runs `body` in a session. A result completes the session; a thrown error closes it, so that
    /// recovery has it after the kind's retry delay; if the process dies, its lease runs out.
    ///
    /// - Parameters:
    ///   - kind: one that is configured on this node.
    ///   - record: the first record: what recovery must know whatever happens. Durable, with the
    ///     session, before `body` begins.
    ///   - headers: travel with the session to every run of its handler.
    ///   - lease: how long the session is this process's at first; nil takes the kind's lease. Each
    ///     write renews it by the kind's, and never shortens it.
    ///   - acknowledgement: when the calls on the session are done; nil takes the kind's.
    ///   - body: the work. It may complete or close the session itself.
    /// - Throws: what `body` throws, and the refusals of `open` and `complete`. When completing
    ///   fails, the work is done but the session will be recovered all the same.
    public func withSession<Result>(
        _ kind: Kind, record: [UInt8]? = nil, headers: [Header] = [], lease: Duration? = nil,
        acknowledgement: Acknowledgement? = nil,
        _ body: (OpenSession) async throws -> Result
    ) async throws -> Result {
        let session = try await open(
            kind, record: record, headers: headers, lease: lease,
            acknowledgement: acknowledgement)
        do {
            let result = try await body(session)
            try await session.completeIfOpen()
            return result
        } catch {
            await session.closeIfOpen()
            throw error
        }
    }

    /// Opens a session to be written to and completed by hand. Durable when the call returns.
    ///
    /// - Parameters:
    ///   - kind: one that is configured on this node.
    ///   - id: the same id again finds the same session and writes nothing; nil makes a new one.
    ///   - record: the first record, durable together with the session.
    ///   - headers: travel with the session to every run of its handler.
    ///   - lease: how long the session is this process's at first; nil takes the kind's lease.
    ///   - acknowledgement: when the calls on the session are done; nil takes the kind's.
    /// - Throws: `unknownKind`, `tooLarge`, `invalidRequest`, `kindMismatch`, `tooManySessions`,
    ///   `diskFull`, `shuttingDown`.
    public func open(
        _ kind: Kind, id: SessionID? = nil, record: [UInt8]? = nil, headers: [Header] = [],
        lease: Duration? = nil, acknowledgement: Acknowledgement? = nil
    ) async throws(RepriseError) -> OpenSession {
        let id = id ?? node.newSessionID()
        _ = try await node.open(
            id, kind: kind, record: record, headers: headers,
            lease: lease?.roundedUpMilliseconds, acknowledgement: acknowledgement)
        return OpenSession(id: id, kind: kind, acknowledgement: acknowledgement, node: node)
    }

    /// Waits for a graceful shutdown or a failure of the journal, then closes.
    public func run() async throws {
        let failure = await node.waitForEnd()
        await close(drains: failure == nil)
        if let failure { throw failure }
    }

    /// The first part of `close`, for a program that serves others who write to these sessions, as handlers
    /// do: call it before their server stops. Nothing more is handed out, running handlers finish within the
    /// drain time, and whoever waits for Kafka is answered within two seconds, with `outcomeUnknown` where
    /// Kafka has not. Everything else goes on until `close`.
    public func drain() async {
        guard !isClosed.load(ordering: .relaxed) else { return }
        await node.drain()
    }

    /// Lets running handlers finish within the drain time, stops accepting sessions, closes the
    /// sessions that are open (they become due at once), and lets go of the directory.
    public func close() async {
        await close(drains: true)
    }

    /// With a journal that cannot be written, waiting for handlers gains nothing.
    private func close(drains: Bool) async {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        await node.stop(drains: drains)
    }
}
