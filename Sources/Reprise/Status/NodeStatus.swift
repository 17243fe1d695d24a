public import Coordination
public import Model
public import Recovery
public import Sessions

/// A node at a glance.
public struct NodeStatus: Sendable, Hashable {
    /// Sessions that this node holds and that are not finished, by phase.
    public var alive: AliveCounts
    /// Sessions by how they ended.
    public var totals: Totals
    /// opened − (finished + alive); anything but 0 is a defect.
    public var conservationDifference: Int64
    /// Events that the fold passed over, by reason.
    public var ignored: IgnoredCounts
    /// Runs in progress in this process.
    public var running: Int
    /// Bytes of the journal's segments.
    public var journalBytes: Int
    /// Bytes that they may have.
    public var journalMaxBytes: Int
    /// New sessions are refused: only what finishes work may still be written.
    public var isDiskFull: Bool
    /// The number of the last frame on disk.
    public var durable: UInt64
    /// The last frame up to which Kafka has everything that it needs; 0 without Kafka.
    public var mirrored: UInt64
    /// Whether Kafka is configured.
    public var isMirrored: Bool
    /// Why the mirror does not get on; nil when it does.
    public var mirrorError: RepriseError?
    /// The journal.
    public var journal: JournalStatus
    /// The mirror; nil without Kafka.
    public var mirror: MirrorStatus?
    /// Kinds, and, without Kafka, what recovery is at.
    public var recovery: RecoveryStatus
    /// Transactions that this process has ended.
    public var transactions: TransactionCounts
    /// Transactions that are not finished.
    public var unfinishedTransactions: UnfinishedTransactions
    /// Transactions that ended otherwise than decided, as far back as the journal goes.
    public var heuristicTransactions: UInt64
}
