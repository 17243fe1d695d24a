public import Model
public import Reprise
public import Sessions

/// The HTTP API's view of a worker: running handlers write to their sessions here. Sessions are
/// opened and ended elsewhere.
public struct WorkerStore: SessionStore {
    let worker: RecoveryWorker
    /// As configured, for the operators' view.
    let name: String
    let started = HTTPHandler.wallClock()
    /// Of the recovery group: operators' orders go through its topics.
    let group: GroupInspection

    public init(_ worker: RecoveryWorker, name: String = "", group: GroupInspection) {
        self.worker = worker
        self.group = group
        self.name = name
    }

    public func open(_ request: OpenRequest) async throws(RepriseError) -> OpenedSession {
        throw WorkerStore.elsewhere("Sessions are opened on a node, not on a worker.")
    }

    public func append(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> Timestamp {
        try await worker.operations.append(id, record: record, token: try run(token))
        return due(id)
    }

    public func replace(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> Timestamp {
        try await worker.operations.replace(id, record: record, token: try run(token))
        return due(id)
    }

    public func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position
    ) async throws(RepriseError) -> Timestamp {
        try await worker.operations.extend(id, by: duration, token: try run(token))
        return due(id)
    }

    public func complete(
        _ id: SessionID, token: Position, relaxed: Bool
    ) async throws(RepriseError) {
        throw WorkerStore.elsewhere("A handler completes its session with its answer.")
    }

    public func close(
        _ id: SessionID, after delay: Milliseconds?
    ) async throws(RepriseError) -> Timestamp {
        throw WorkerStore.elsewhere("A handler asks for a retry with its answer.")
    }

    public func get(_ id: SessionID) async throws(RepriseError) -> Session {
        try worker.operations.session(id).found(id)
    }

    public func list(_ filter: SessionFilter) async throws(RepriseError) -> SessionPage {
        SessionPage(filter, now: HTTPHandler.wallClock()) { after, limit, matches in
            worker.operations.list(after: after, limit: limit, where: matches)
        }
    }

    public func requeue(
        _ id: SessionID, after delay: Milliseconds
    ) async throws(RepriseError) {
        try await group.requeue(id, after: delay, now: HTTPHandler.wallClock())
    }

    public func cancel(_ id: SessionID) async throws(RepriseError) {
        try await group.cancel(id, now: HTTPHandler.wallClock())
    }

    public func park(_ id: SessionID, reason: String) async throws(RepriseError) {
        try await group.park(id, reason: reason, now: HTTPHandler.wallClock())
    }

    public func health() async -> StoreHealth {
        let partitions = worker.operations.partitions()
        let owned = partitions.filter { $0.stage == "owning" }.count
        return StoreHealth(parts: [
            StoreHealth.Part(
                name: "partitions", isReady: true,
                detail: "\(owned) of \(partitions.count) assigned partitions owned")
        ])
    }

    private func run(_ token: Position) throws(RepriseError) -> Position {
        guard token != .none else {
            throw WorkerStore.elsewhere("On a worker a write needs the run's token.")
        }
        return token
    }

    private func due(_ id: SessionID) -> Timestamp {
        worker.operations.session(id)?.due ?? .zero
    }

    private static func elsewhere(_ message: String) -> RepriseError {
        RepriseError(.invalidRequest, message)
    }
}
