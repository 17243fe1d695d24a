public import Model
internal import Synchronization

/// A session that its writer holds: write down what was done, then complete it.
///
/// Every call is durable when it returns. Each write renews the lease; past it the calls throw
/// `leaseExpired`, and the work must stop: recovery has the session.
public final class OpenSession: Sendable {
    /// Names the session everywhere: in the log, in Kafka, to its handler.
    public let id: SessionID
    /// What it was opened as.
    public let kind: Kind
    private let acknowledgement: Acknowledgement?
    private let node: Node
    private let isOver = Atomic<Bool>(false)

    init(id: SessionID, kind: Kind, acknowledgement: Acknowledgement?, node: Node) {
        self.id = id
        self.kind = kind
        self.acknowledgement = acknowledgement
        self.node = node
    }

    /// Adds a record. Throws `leaseExpired`, `tooLarge`, `diskFull`, `notFound`, `fenced`.
    public func append(_ record: [UInt8]) async throws(RepriseError) {
        try await node.append(
            id, record: record, token: .none, acknowledgement: acknowledgement)
    }

    /// Makes `record` the only one. May succeed where `append` would be too large. Throws as
    /// `append`.
    public func replace(_ record: [UInt8]) async throws(RepriseError) {
        try await node.replace(
            id, record: record, token: .none, acknowledgement: acknowledgement)
    }

    /// Moves the lease to `duration` from now, or to the kind's lease from now; never to an
    /// earlier time than it has. Throws `leaseExpired`, `invalidRequest`, `notFound`, `fenced`.
    public func extend(by duration: Duration? = nil) async throws(RepriseError) {
        try await node.extend(
            id, by: duration?.roundedUpMilliseconds, token: .none,
            acknowledgement: acknowledgement)
    }

    /// The work is done: the session will never be handed out.
    ///
    /// - Parameter relaxed: return at once, without waiting for the disk. After a crash the session
    ///   may be recovered once more, and the handler finds the work done.
    public func complete(relaxed: Bool = false) async throws(RepriseError) {
        try await node.complete(
            id, token: .none, relaxed: relaxed, acknowledgement: acknowledgement)
        isOver.store(true, ordering: .relaxed)
    }

    /// Gives the session up without completing it: recovery has it after `delay`, or after the
    /// kind's first retry delay. Zero means at once.
    public func close(retryAfter delay: Duration? = nil) async throws(RepriseError) {
        try await node.close(
            id, after: delay?.roundedUpMilliseconds, acknowledgement: acknowledgement)
        isOver.store(true, ordering: .relaxed)
    }

    func completeIfOpen() async throws(RepriseError) {
        guard !isOver.load(ordering: .relaxed) else { return }
        try await complete()
    }

    /// Called with an error at hand that matters more than one of closing: if closing fails, the
    /// lease runs out.
    func closeIfOpen() async {
        guard !isOver.load(ordering: .relaxed) else { return }
        try? await close()
    }
}
