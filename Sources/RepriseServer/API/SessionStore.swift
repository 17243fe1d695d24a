public import Model
public import Reprise
public import Sessions

/// What the HTTP API asks of the engine. Every call that writes returns when the write is as durable
/// as its acknowledgement says; a thrown `RepriseError` of the caller's kind left the session as it
/// was. A token of `.none` speaks for the session's owner, any other for a run.
public protocol SessionStore: Sendable {
    /// Opens a session, or finds the one that was opened under the same id before.
    func open(_ request: OpenRequest) async throws(RepriseError) -> OpenedSession

    /// Adds a record at the end. Returns the new end of the lease, or of the run's deadline.
    func append(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> Timestamp

    /// Makes `record` the only one. Returns the new end of the lease, or of the run's deadline.
    func replace(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> Timestamp

    /// Moves the lease or the run's deadline to `by` from now; nil takes the kind's lease.
    func extend(
        _ id: SessionID, by: Milliseconds?, token: Position
    ) async throws(RepriseError) -> Timestamp

    /// Ends the session. `relaxed` returns before the event is durable: a crash may then cause one
    /// needless recovery.
    func complete(_ id: SessionID, token: Position, relaxed: Bool) async throws(RepriseError)

    /// Gives the session to recovery, due after `after`; nil takes the kind's retry delay. Returns
    /// when it is due.
    func close(_ id: SessionID, after: Milliseconds?) async throws(RepriseError) -> Timestamp

    func get(_ id: SessionID) async throws(RepriseError) -> Session

    /// A page of sessions in ascending order of id.
    func list(_ filter: SessionFilter) async throws(RepriseError) -> SessionPage

    /// Makes a parked or waiting session due after `after`. On a running one, when its run ends.
    func requeue(_ id: SessionID, after: Milliseconds) async throws(RepriseError)

    /// Drops a parked or waiting session. On a running one, when its run ends.
    func cancel(_ id: SessionID) async throws(RepriseError)

    /// Parks a waiting session. On a running one, when its run ends.
    func park(_ id: SessionID, reason: String) async throws(RepriseError)

    func health() async -> StoreHealth

    /// Nil where transactions are somebody else's.
    var transactions: (any TransactionStore)? { get }

    /// What other processes deal with: the parts of their transactions here, and this process's
    /// decisions. Nil where there are no transactions.
    var participation: TransactionManager? { get }
}

/// A session, and whether it was there before.
public struct OpenedSession: Sendable, Hashable {
    public var session: Session
    public var existed: Bool

    public init(session: Session, existed: Bool) {
        self.session = session
        self.existed = existed
    }
}

public struct SessionPage: Sendable, Hashable {
    public var sessions: [Session]
    /// Where the next page begins; nil on the last.
    public var next: SessionID?

    public init(sessions: [Session], next: SessionID? = nil) {
        self.sessions = sessions
        self.next = next
    }
}

/// Whether the engine can take requests, and what its parts say.
public struct StoreHealth: Sendable, Hashable {
    public var parts: [Part]

    public struct Part: Sendable, Hashable {
        public var name: String
        public var isReady: Bool
        /// One line for people.
        public var detail: String

        public init(name: String, isReady: Bool, detail: String) {
            self.name = name
            self.isReady = isReady
            self.detail = detail
        }
    }

    public var isReady: Bool { parts.allSatisfy(\.isReady) }

    public init(parts: [Part]) {
        self.parts = parts
    }
}
