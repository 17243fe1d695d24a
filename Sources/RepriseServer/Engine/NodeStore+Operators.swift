public import Model
public import Reprise
public import Sessions

extension NodeStore: OperatorStore {
    public func status() async -> ProcessStatus {
        let status = node.sessions.status()
        var whole = ProcessStatus(
            role: node.sessions.recovers ? .standalone : .node, node: name, started: started,
            now: HTTPHandler.wallClock())
        whole.health = await health()
        whole.alive = status.alive
        whole.totals = status.totals
        whole.conservationDifference = status.conservationDifference
        whole.ignored = status.ignored
        whole.recovery = status.recovery
        whole.journal = ProcessStatus.JournalSpace(
            bytes: status.journalBytes, maxBytes: status.journalMaxBytes,
            isDiskFull: status.isDiskFull)
        whole.mirror = status.mirror.map { mirror in
            ProcessStatus.MirrorProgress(
                lag: mirror.lagFrames, behind: mirror.lag, error: mirror.error)
        }
        for transaction in node.transactions.list(limit: NodeStore.maxCounted) {
            if transaction.isHeuristic {
                whole.transactions.heuristic += 1
            } else if transaction.status.isInDoubt {
                whole.transactions.inDoubt += 1
            }
        }
        whole.logs = [0: status.totals]
        return whole
    }

    private static let maxCounted = 10_000

    public func partitions() async -> [PartitionStatus] { [] }

    public func pause(_ kind: Kind, _ pause: Pause?) async throws(RepriseError) {
        try await node.sessions.pause(kind, pause)
    }

    public func allDeadLetters() async throws(RepriseError) -> [Session] {
        if let group { return try await group.deadLetters() }
        return node.sessions.deadLetters()
    }

    public func requeueDeadLetters(_ requeueings: [Requeueing]) async -> [RepriseError?] {
        if let group {
            return await group.requeue(requeueings, now: HTTPHandler.wallClock())
        }
        return await node.sessions.requeue(requeueings)
    }

    public func cancelDeadLetter(_ id: SessionID) async throws(RepriseError) {
        _ = try await deadLetter(id)
        if let group { return try await group.cancel(id, now: HTTPHandler.wallClock()) }
        try await node.sessions.cancel(id)
    }
}

extension TransactionStatus {
    /// Branches are prepared, or the decision stands: what holds locks until it is carried out.
    fileprivate var isInDoubt: Bool {
        switch self {
        case .prepared, .committing, .rollingBack: true
        case .active, .preparing, .committed, .rolledBack: false
        }
    }
}
