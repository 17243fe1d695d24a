public import Model
internal import Recovery
public import Sessions

/// What a running handler does to its session through the worker that dispatched it, and what a
/// worker can tell of the partitions it owns.
public struct WorkerOperations: Sendable {
    let worker: RecoveryWorker

    /// Adds a record to the session of the run with this token. In the log when the call returns.
    ///
    /// - Throws: `fenced`, `tooLarge`; `notFound` where the session is in no partition of this
    ///   worker; `outcomeUnknown` when the partition was given up meanwhile.
    public func append(
        _ id: SessionID, record: [UInt8], token: Position
    ) async throws(RepriseError) {
        try await worker.group.append(id, record: record, token: token)
    }

    /// Makes `record` the only one; else as `append`.
    public func replace(
        _ id: SessionID, record: [UInt8], token: Position
    ) async throws(RepriseError) {
        try await worker.group.replace(id, record: record, token: token)
    }

    /// Moves the run's deadline to `duration` from now, or to the handler's timeout from now. Throws
    /// as `append`, and `invalidRequest`.
    public func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position
    ) async throws(RepriseError) {
        try await worker.group.extend(id, by: duration, token: token)
    }

    /// Nil when the session is not in a partition of this worker.
    public func session(_ id: SessionID) -> Session? { worker.group.session(id) }

    /// Up to `limit` sessions of the owned partitions, in the order of their ids, after `last`.
    public func list(
        after last: SessionID? = nil, limit: Int = 100,
        where matches: (Session) -> Bool = { _ in true }
    ) -> [Session] {
        let found = worker.group.sessions { session in
            (last.map { $0 < session.id } ?? true) && matches(session)
        }
        return Array(found.sorted { $0.id < $1.id }.prefix(max(0, limit)))
    }

    /// The partitions that this worker owns or is taking over.
    public func partitions() -> [PartitionStatus] {
        worker.group.partitions().map { status in
            PartitionStatus(
                partition: status.partition, stage: status.stage, alive: status.alive,
                totals: status.totals, ignored: status.ignored,
                conservationDifference: status.conservationDifference, ready: status.ready,
                nextOffset: status.nextOffset, lowWater: status.oldest?.first.offset,
                oldest: status.oldest?.created, lowWaterAge: status.lowWaterAge,
                lowWaterLag: status.lowWaterLag)
        }
    }

    /// Runs in progress.
    public var running: Int { worker.group.runningCount }
}

/// One partition at a glance.
public struct PartitionStatus: Sendable, Hashable {
    /// Its number in the sessions topic.
    public var partition: Int32
    /// opening, folding, owning, fenced or leaving.
    public var stage: String
    /// Its sessions that are not finished, by phase.
    public var alive: AliveCounts
    /// Its sessions by how they ended.
    public var totals: Totals
    /// Events that the fold passed over, by reason.
    public var ignored: IgnoredCounts
    /// Anything but 0 is a defect.
    public var conservationDifference: Int64
    /// Sessions that are due and wait for a place.
    public var ready: Int
    /// The Kafka offset of the message that is folded next.
    public var nextOffset: Int64
    /// The offset below which the log is not needed for the sessions alive; nil when there are none.
    public var lowWater: Int64?
    /// When the session that holds the low-water mark was opened.
    public var oldest: Timestamp?
    /// How old the state is that a new fold would begin with; 0 where nothing has come since.
    public var lowWaterAge: Milliseconds
    /// Messages that a new fold would read.
    public var lowWaterLag: Int64
}

extension RecoveryWorker {
    /// What running handlers and operators do through this worker.
    public var operations: WorkerOperations { WorkerOperations(worker: self) }
}
