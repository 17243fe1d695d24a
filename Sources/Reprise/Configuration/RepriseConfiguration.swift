public import Coordination
public import Kafka
public import Model

/// Everything that a node or a worker can be told. Every value has a safe default; `node` and
/// `journal.directory` are the two that are worth thinking about.
public struct RepriseConfiguration: Sendable, Hashable {
    /// The name of this node or worker: unique, stable over restarts, 1 to 128 bytes.
    public var node: String
    /// The local log of a node. A worker opens none.
    public var journal: JournalConfiguration
    /// The kinds of sessions. Opening one of another kind is refused with `unknownKind`.
    public var kinds: [Kind: KindPolicy]
    /// The policy of sessions whose kind is not configured here (on a worker).
    public var fallbackPolicy = KindPolicy()
    /// Nil runs standalone: recovery folds the journal, in this process.
    public var kafka: KafkaConfiguration?
    /// What a node sends to Kafka.
    public var mirror = MirrorSettings()
    /// How a worker recovers; without Kafka only the drain timeout counts.
    public var recovery = RecoverySettings()
    /// The topics of nodes and workers; the same on all of them.
    public var topics = TopicSettings()
    /// Sizes and counts; the same on all nodes and workers.
    public var limits = Limits()
    /// How a node's transactions behave.
    public var transactions = TransactionOptions()

    /// Nothing is checked here: `Reprise.open` and `RecoveryWorker.start` do.
    public init(
        node: String, journal: JournalConfiguration, kinds: [Kind: KindPolicy],
        kafka: KafkaConfiguration? = nil
    ) {
        self.node = node
        self.journal = journal
        self.kinds = kinds
        self.kafka = kafka
    }
}

/// The local log.
public struct JournalConfiguration: Sendable, Hashable {
    /// Where its segments lie; made if it is missing. One process at a time.
    public var directory: String
    /// Bytes of one segment. Default 64 MiB; 4 MiB to 1 GiB.
    public var segmentBytes = 64 << 20
    /// Bytes of all segments; beyond them new sessions are refused. Default 16 GiB; at least four
    /// segments.
    public var maxBytes = 16 << 30

    /// The default sizes.
    public init(directory: String) {
        self.directory = directory
    }
}

/// What travels from the journal to Kafka, and when.
public struct MirrorSettings: Sendable, Hashable {
    /// A session that completes within this time of being opened is not sent. Default 50 ms;
    /// 0 to 60 s.
    public var window: Milliseconds = 50
    /// Send also what completed within the window. Default false.
    public var sendsAll = false

    /// The defaults.
    public init() {}
}

/// The recovery group.
public struct RecoverySettings: Sendable, Hashable {
    /// The consumer group's name. Default `reprise.recovery`.
    public var group = "reprise.recovery"
    /// What a claim waits beyond a lease or deadline that another machine's clock set.
    /// Default 1 s; 0 to 1 h. Standalone needs none.
    public var clockAllowance: Milliseconds = 1_000
    /// How partitions are assigned: `range` or `cooperative-sticky`. Default `cooperative-sticky`.
    public var assignor = Assignor.cooperativeSticky
    /// Keeps its partitions over a restart within the session timeout. Default: none.
    public var instanceID: String?
    /// How long a partition is kept for its running handlers when the group takes it away, and
    /// a worker that stops waits for them. Default 10 s; 0 to 5 min.
    public var drainTimeout: Milliseconds = 10_000
    /// How often the owner of a partition marks where a fold may begin. Default 10 s; 100 ms to 1 h.
    public var markInterval: Milliseconds = 10_000
    /// Whether what lies below the committed mark is deleted from the topic. Default true.
    public var trims = true
    /// Where checkpoints of the folded partitions are kept; nil keeps none, and a restart folds
    /// from the group's offset. Default nil.
    public var checkpointDirectory: String?
    /// Kafka's session timeout of the group. Default 10 s; 1 s to 5 min.
    public var sessionTimeout: Milliseconds = 10_000

    /// The defaults.
    public init() {}

    /// How a group's partitions are shared; the same on all its workers.
    public enum Assignor: String, Sendable, Hashable, CaseIterable {
        /// Every rebalance takes all partitions away and hands them out anew.
        case range
        /// Only partitions that move are taken away.
        case cooperativeSticky = "cooperative-sticky"
    }
}

/// The topics: made at start where they are missing, else checked.
public struct TopicSettings: Sendable, Hashable {
    /// The names are `<prefix>.sessions` and `<prefix>.dead-letters`. Default `reprise`.
    public var prefix = "reprise"
    /// Partitions of the sessions topic when it is made. Default 12; 1 to 10,000.
    public var partitions: Int32 = 12
    /// Replicas of a topic that is made; -1 takes the broker's default. Default -1.
    public var replication: Int32 = -1
    /// Whether missing topics are made. Default true.
    public var creates = true
    /// Whether retention and cleanup policy are checked at start. Default true; false only for a
    /// broker that cannot tell, such as the embedded one of the demo.
    public var checksPolicies = true
    /// How the messages of the transactions topic are written. Default `protobuf`.
    public var outcomes = OutcomeFormat.protobuf

    /// Every setting at its default.
    public init() {}

    /// The two forms of one schema: schemas/proto/reprise/v1/transaction.proto.
    public enum OutcomeFormat: String, Sendable, Hashable, CaseIterable {
        case protobuf
        case json
    }

    /// The topic of the sessions' events.
    public var sessions: String { "\(prefix).sessions" }
    /// The topic of parked sessions.
    public var deadLetters: String { "\(prefix).dead-letters" }
    /// The topic of what became of transactions.
    public var transactions: String { "\(prefix).transactions" }
}
