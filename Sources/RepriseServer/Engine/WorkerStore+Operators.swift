public import Model
public import Reprise
public import Sessions

extension WorkerStore: OperatorStore {
    public func status() async -> ProcessStatus {
        var whole = ProcessStatus(
            role: .worker, node: name, started: started, now: HTTPHandler.wallClock())
        whole.health = await health()
        whole.recovery = worker.operations.recovery()
        whole.allowance = worker.operations.clockAllowance
        for partition in worker.operations.partitions() {
            whole.alive = whole.alive + partition.alive
            whole.totals = whole.totals + partition.totals
            whole.ignored = whole.ignored + partition.ignored
            whole.conservationDifference &+= partition.conservationDifference
            if partition.stage == "owning" { whole.logs[partition.partition] = partition.totals }
        }
        return whole
    }

    public func partitions() async -> [PartitionStatus] { worker.operations.partitions() }

    public func pause(_ kind: Kind, _ pause: Pause?) async throws(RepriseError) {
        try await worker.operations.pause(kind, pause)
    }

    public func allDeadLetters() async throws(RepriseError) -> [Session] {
        try await group.deadLetters()
    }

    public func requeueDeadLetters(_ requeueings: [Requeueing]) async -> [RepriseError?] {
        await group.requeue(requeueings, now: HTTPHandler.wallClock())
    }

    public func cancelDeadLetter(_ id: SessionID) async throws(RepriseError) {
        _ = try await deadLetter(id)
        try await group.cancel(id, now: HTTPHandler.wallClock())
    }
}
