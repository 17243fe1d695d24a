public import Model
public import Reprise
public import Sessions

/// What operators ask of a process, and have done by it. Each process answers for what it has: a node
/// without Kafka for its journal and its recovery, a node with Kafka for its journal, a worker for its
/// partitions.
public protocol OperatorStore: Sendable {
    /// Counts, for the overview and for its history. Holds the engine up for a moment.
    func status() async -> ProcessStatus

    /// By number; empty on a node.
    func partitions() async -> [PartitionStatus]

    /// Hands nothing of the kind out, or with nil lets it go on. Returns when that is as durable as the
    /// process can make it.
    func pause(_ kind: Kind, _ pause: Pause?) async throws(RepriseError)

    /// What was set aside for an operator, in the order of ids: the parked sessions of a node without
    /// Kafka, else those of the dead-letter topic.
    func allDeadLetters() async throws(RepriseError) -> [Session]

    /// Sends dead letters back to their handlers, edited or as they are. Gives for each why it failed,
    /// or nil once that is durable; `notFound` where it is no dead letter any more.
    func requeueDeadLetters(_ requeueings: [Requeueing]) async -> [RepriseError?]

    /// Drops a dead letter for good.
    func cancelDeadLetter(_ id: SessionID) async throws(RepriseError)
}

extension OperatorStore {
    /// Throws `notFound`.
    func deadLetter(_ id: SessionID) async throws(RepriseError) -> Session {
        guard let letter = try await allDeadLetters().first(where: { $0.id == id }) else {
            throw RepriseError(.notFound, "Session \(id) is no dead letter (any more).")
        }
        return letter
    }
}

/// A process at a glance.
public struct ProcessStatus: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable, CaseIterable {
        /// Writes sessions; a group of workers recovers them.
        case node
        /// Writes sessions and recovers them.
        case standalone
        /// Recovers the sessions of its partitions.
        case worker
    }

    public var role: Role
    /// As configured.
    public var node: String
    public var started: Timestamp
    public var now: Timestamp
    public var health = StoreHealth(parts: [])
    public var alive = AliveCounts()
    public var totals = Totals()
    /// Anything but 0 is a defect.
    public var conservationDifference: Int64 = 0
    public var ignored = IgnoredCounts()
    public var recovery = RecoveryStatus()
    /// Nil on a worker.
    public var journal: JournalSpace?
    /// Nil on a process that sends nothing to Kafka.
    public var mirror: MirrorProgress?
    public var transactions = TransactionCounts()
    /// What is waited beyond a time that another machine's clock set.
    public var allowance: Milliseconds = 0
    /// The totals of each log that this process folds and owns; what growth is told from.
    public var logs: [Int32: Totals] = [:]

    public init(role: Role, node: String, started: Timestamp, now: Timestamp) {
        self.role = role
        self.node = node
        self.started = started
        self.now = now
    }

    /// How late the oldest of the due sessions is that do not run.
    public var dueLag: Milliseconds { max(0, now - (recovery.oldestDue ?? now)) }

    public struct JournalSpace: Sendable, Hashable {
        public var bytes: Int
        public var maxBytes: Int
        public var isDiskFull: Bool

        public init(bytes: Int, maxBytes: Int, isDiskFull: Bool) {
            self.bytes = bytes
            self.maxBytes = maxBytes
            self.isDiskFull = isDiskFull
        }
    }

    public struct MirrorProgress: Sendable, Hashable {
        /// Frames that Kafka has not acknowledged.
        public var lag: UInt64
        /// How long the oldest of them has been waiting; 0 when there is none.
        public var behind: Milliseconds
        public var error: RepriseError?

        public init(lag: UInt64, behind: Milliseconds, error: RepriseError?) {
            self.lag = lag
            self.behind = behind
            self.error = error
        }
    }

    public struct TransactionCounts: Sendable, Hashable {
        public var inDoubt = 0
        public var heuristic = 0

        public init(inDoubt: Int = 0, heuristic: Int = 0) {
            self.inDoubt = inDoubt
            self.heuristic = heuristic
        }
    }
}
