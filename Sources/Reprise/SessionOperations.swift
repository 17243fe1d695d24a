internal import Journal
public import Model
public import Sessions

/// The operations on sessions by id: what the HTTP API offers. A `token` of a recovery run stands
/// in for being the session's writer.
public struct SessionOperations: Sendable {
    let node: Node

    /// Opens a session, or finds the one that was opened with the same id.
    public func open(
        _ id: SessionID? = nil, kind: Kind, record: [UInt8]? = nil, headers: [Header] = [],
        lease: Milliseconds? = nil, acknowledgement: Acknowledgement? = nil
    ) async throws(RepriseError) -> (session: Session, existed: Bool) {
        let id = id ?? node.newSessionID()
        return try await node.open(
            id, kind: kind, record: record, headers: headers, lease: lease,
            acknowledgement: acknowledgement)
    }

    /// Adds a record and renews the lease, or the run's deadline. Durable when the call returns.
    ///
    /// - Throws: `notFound`, `leaseExpired`, `fenced`, `tooLarge`, `diskFull`.
    public func append(
        _ id: SessionID, record: [UInt8], token: Position = .none,
        acknowledgement: Acknowledgement? = nil
    ) async throws(RepriseError) {
        try await node.append(
            id, record: record, token: token, acknowledgement: acknowledgement)
    }

    /// Makes `record` the only one; else as `append`.
    public func replace(
        _ id: SessionID, record: [UInt8], token: Position = .none,
        acknowledgement: Acknowledgement? = nil
    ) async throws(RepriseError) {
        try await node.replace(
            id, record: record, token: token, acknowledgement: acknowledgement)
    }

    /// Moves the lease, or the run's deadline, to `duration` from now; nil takes the kind's lease or
    /// handler timeout. Never to an earlier time than it has.
    ///
    /// - Throws: `notFound`, `leaseExpired`, `fenced`, `invalidRequest`.
    public func extend(
        _ id: SessionID, by duration: Milliseconds? = nil, token: Position = .none,
        acknowledgement: Acknowledgement? = nil
    ) async throws(RepriseError) {
        try await node.extend(id, by: duration, token: token, acknowledgement: acknowledgement)
    }

    /// The work is done: the session will never be handed out. `relaxed` returns without waiting for
    /// the disk; after a crash the session may be recovered once more.
    ///
    /// - Throws: `notFound`, `leaseExpired`, `fenced`.
    public func complete(
        _ id: SessionID, token: Position = .none, relaxed: Bool = false,
        acknowledgement: Acknowledgement? = nil
    ) async throws(RepriseError) {
        try await node.complete(
            id, token: token, relaxed: relaxed, acknowledgement: acknowledgement)
    }

    /// Gives the session up without completing it: due after `delay`, or after the kind's first
    /// retry delay.
    ///
    /// - Throws: `notFound`, `leaseExpired`, `fenced`, `invalidRequest`.
    public func close(
        _ id: SessionID, after delay: Milliseconds? = nil,
        acknowledgement: Acknowledgement? = nil
    ) async throws(RepriseError) {
        try await node.close(id, after: delay, acknowledgement: acknowledgement)
    }

    /// Nil when the session is not here: finished, handed over, or never opened.
    public func session(_ id: SessionID) -> Session? { node.journal.session(id) }

    /// Up to `limit` sessions in the order of their ids, after `last`, for which `matches` holds.
    /// Looks at every session that this node holds.
    public func list(
        after last: SessionID? = nil, limit: Int = 100,
        where matches: (Session) -> Bool = { _ in true }
    ) -> [Session] {
        node.list(after: last, limit: limit, where: matches)
    }

    /// Makes a waiting or parked session due after `delay`; a running one when its run ends.
    ///
    /// - Throws: `notFound`; `invalidRequest` while its writer has it.
    public func requeue(
        _ id: SessionID, after delay: Milliseconds = 0
    ) async throws(RepriseError) {
        try await node.journal.requeue(id, after: delay)
    }

    /// Drops a waiting or parked session for good; a running one when its run ends. Throws as
    /// `requeue`.
    public func cancel(_ id: SessionID) async throws(RepriseError) {
        try await node.journal.cancel(id)
    }

    /// Sets a waiting session aside until it is requeued; a running one when its run ends. Throws as
    /// `requeue`.
    public func park(_ id: SessionID, reason: String) async throws(RepriseError) {
        try await node.journal.park(id, detail: reason)
    }

    /// Counts, for health and metrics.
    public func status() -> NodeStatus { node.status() }

    /// Everything that is measured, as of now: `RepriseMetrics` is the table.
    public func samples() -> [MetricSample] { node.samples() }
}
