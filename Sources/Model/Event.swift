/// One thing that happened to a session or to a partition: what the log holds and the fold reads.
/// Its bytes are a protobuf message (`schemas/proto/reprise/v1/session.proto`), the same in the
/// journal and in Kafka.
public struct Event: Sendable, Hashable {
    /// The session it concerns; zero for events about the partition.
    public var session: SessionID
    /// Counts the writes to one session from 1 (`opened`); 0 where no order is asked for.
    public var sequence: UInt64
    /// The Kafka partition the session was pinned to when it was opened; 0 without Kafka.
    public var partition: UInt32
    public var body: Body
    /// The version of the event's meaning. A reader parks a session whose event it does not know.
    public var version: UInt32
    /// The bytes as they were found, where they hold more than this version can read: an unknown
    /// type or a later version. Encoding gives them back unchanged.
    public internal(set) var original: [UInt8]?

    public init(
        session: SessionID, sequence: UInt64 = 0, partition: UInt32 = 0, body: Body,
        version: UInt32 = Event.currentVersion
    ) {
        self.session = session
        self.sequence = sequence
        self.partition = partition
        self.body = body
        self.version = version
    }

    /// What this program writes, and the latest that it can read.
    public static let currentVersion: UInt32 = 1
    /// The id of events about the partition.
    public static let noSession = SessionID(high: 0, low: 0)
}

extension Event {
    /// What happened. `token` is `Position.none` for the session's owner, else the run's token.
    public enum Body: Sendable, Hashable {
        case opened(Opening)
        case appended(Write)
        case replaced(Write)
        /// The lease, or the run's deadline, is now `until`.
        case extended(until: Timestamp, token: Position)
        case completed(token: Position)
        /// The owner gave the session up; it is due at `due`.
        case closed(due: Timestamp)
        case claimed(Claim)
        case retried(Retry)
        case parked(Parking, token: Position)
        /// A session rewritten at the tail; changes its position, never its content.
        case carried(Snapshot)
        case requeued(Requeue)
        case cancelled(at: Timestamp)
        /// A parked session reached the dead-letter topic, its home from now on.
        case deadLettered
        /// The writing node let go of a session that Kafka knows; in journals only.
        case handedOver
        /// The writer claims the partition.
        case owner(Writer)
        case mark(Mark)
        /// Written by a later version of Reprise: a type that is not known here, or a known one
        /// whose meaning may have changed. `original` has its bytes.
        case unknown(type: UInt32)
    }

    /// A new session, with its first record if it has one. `lease` is when it becomes due, `time` when
    /// it was opened.
    public struct Opening: Sendable, Hashable {
        public var kind: Kind
        public var record: [UInt8]?
        public var headers: [Header]
        public var lease: Timestamp
        public var time: Timestamp

        public init(
            kind: Kind, record: [UInt8]?, headers: [Header], lease: Timestamp, time: Timestamp
        ) {
            self.kind = kind
            self.record = record
            self.headers = headers
            self.lease = lease
            self.time = time
        }
    }

    /// A record written to a session, and the lease or deadline that the write renews.
    public struct Write: Sendable, Hashable {
        public var record: [UInt8]
        public var until: Timestamp
        public var token: Position

        public init(record: [UInt8], until: Timestamp, token: Position = .none) {
            self.record = record
            self.until = until
            self.token = token
        }
    }

    /// A session is handed out: the attempt that begins, until when, and since when.
    public struct Claim: Sendable, Hashable {
        public var attempt: UInt32
        public var deadline: Timestamp
        public var time: Timestamp

        public init(attempt: UInt32, deadline: Timestamp, time: Timestamp) {
            self.attempt = attempt
            self.deadline = deadline
            self.time = time
        }
    }

    /// A run ended without finishing the session, which is due again at `due`.
    public struct Retry: Sendable, Hashable {
        public var token: Position
        public var due: Timestamp
        public var time: Timestamp
        /// False when the attempt is given back: the session's dependency was at fault.
        public var counted: Bool
        public var reason: String

        public init(
            token: Position, due: Timestamp, time: Timestamp, counted: Bool, reason: String
        ) {
            self.token = token
            self.due = due
            self.time = time
            self.counted = counted
            self.reason = reason
        }
    }

    /// An operator wants the session handed out at `due`.
    public struct Requeue: Sendable, Hashable {
        public var due: Timestamp
        public var time: Timestamp
        /// The whole session, where it comes back from the dead-letter topic.
        public var snapshot: Snapshot?

        public init(due: Timestamp, time: Timestamp, snapshot: Snapshot? = nil) {
            self.due = due
            self.time = time
            self.snapshot = snapshot
        }
    }
}
