public import Model
public import Reprise
public import Sessions

/// The HTTP API's view of a node.
public struct NodeStore: SessionStore {
    let node: Reprise
    /// As configured, for the operators' view.
    let name: String
    let started = HTTPHandler.wallClock()
    /// Of the recovery group; nil without Kafka.
    let group: GroupInspection?

    public init(_ node: Reprise, name: String = "", group: GroupInspection? = nil) {
        self.node = node
        self.group = group
        self.name = name
    }

    public func open(_ request: OpenRequest) async throws(RepriseError) -> OpenedSession {
        let (session, existed) = try await node.sessions.open(
            request.id, kind: request.kind, record: request.record, headers: request.headers,
            lease: request.lease, acknowledgement: request.acknowledgement)
        return OpenedSession(session: session, existed: existed)
    }

    public func append(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> Timestamp {
        try await node.sessions.append(
            id, record: record, token: token, acknowledgement: acknowledgement)
        return due(id)
    }

    public func replace(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> Timestamp {
        try await node.sessions.replace(
            id, record: record, token: token, acknowledgement: acknowledgement)
        return due(id)
    }

    public func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position
    ) async throws(RepriseError) -> Timestamp {
        try await node.sessions.extend(id, by: duration, token: token)
        return due(id)
    }

    public func complete(
        _ id: SessionID, token: Position, relaxed: Bool
    ) async throws(RepriseError) {
        try await node.sessions.complete(id, token: token, relaxed: relaxed)
    }

    public func close(
        _ id: SessionID, after delay: Milliseconds?
    ) async throws(RepriseError) -> Timestamp {
        try await node.sessions.close(id, after: delay)
        return due(id)
    }

    public func get(_ id: SessionID) async throws(RepriseError) -> Session {
        try node.sessions.session(id).found(id)
    }

    public func list(_ filter: SessionFilter) async throws(RepriseError) -> SessionPage {
        SessionPage(filter, now: HTTPHandler.wallClock()) { after, limit, matches in
            node.sessions.list(after: after, limit: limit, where: matches)
        }
    }

    public func requeue(
        _ id: SessionID, after delay: Milliseconds
    ) async throws(RepriseError) {
        try await node.sessions.requeue(id, after: delay)
    }

    public func cancel(_ id: SessionID) async throws(RepriseError) {
        try await node.sessions.cancel(id)
    }

    public func park(_ id: SessionID, reason: String) async throws(RepriseError) {
        try await node.sessions.park(id, reason: reason)
    }

    public func health() async -> StoreHealth {
        let status = node.sessions.status()
        var parts = [
            StoreHealth.Part(
                name: "journal", isReady: !status.isDiskFull,
                detail: status.isDiskFull
                    ? "The disk is full: new sessions are refused, open ones can finish."
                    : "\(status.journalBytes) bytes, last frame \(status.durable)")
        ]
        if status.isMirrored {
            let lag = status.durable - min(status.durable, status.mirrored)
            // A node without Kafka still takes sessions: that is what the journal is for.
            parts.append(
                StoreHealth.Part(
                    name: "mirror", isReady: true,
                    detail: status.mirrorError.map { "\($0.code.rawValue): \($0.message)" }
                        ?? "\(lag) frames behind"))
        }
        return StoreHealth(parts: parts)
    }

    /// The session may be over by now: then there is no lease to tell.
    private func due(_ id: SessionID) -> Timestamp { node.sessions.session(id)?.due ?? .zero }
}

extension Optional<Session> {
    func found(_ id: SessionID) throws(RepriseError) -> Session {
        guard let session = self else {
            throw RepriseError(
                .notFound, "Session \(id) is not here: it is finished, handed over or unknown.")
        }
        return session
    }
}
