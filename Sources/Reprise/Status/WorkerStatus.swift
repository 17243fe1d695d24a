internal import Model
public import Recovery
public import Sessions

/// A worker of the recovery group at a glance.
public struct WorkerStatus: Sendable, Hashable {
    /// The partitions that it owns or is taking over, in order.
    public var partitions: [PartitionStatus]
    /// Kinds over all of them, and what recovery is at.
    public var recovery: RecoveryStatus
    /// Events passed over since the process began, by reason.
    public var ignored: IgnoredCounts
    /// Runs in progress.
    public var running: Int
}

extension WorkerOperations {
    /// Everything that is measured, as of now: `RepriseMetrics` is the table.
    public func samples() -> [MetricSample] {
        status().samples(now: worker.group.now()) + ProcessMetrics.samples()
    }

    /// Counts, for health and metrics.
    public func status() -> WorkerStatus {
        let group = worker.group
        return WorkerStatus(
            partitions: partitions(), recovery: recovery(), ignored: group.ignored,
            running: running)
    }
}
