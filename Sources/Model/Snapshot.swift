/// A whole session in one value: what `carried` and `requeued` events and dead letters hold.
public struct Snapshot: Sendable, Hashable {
    public var kind: Kind
    public var version: UInt32
    public var headers: [Header]
    public var records: [[UInt8]]
    public var created: Timestamp
    public var phase: Phase
    /// Runs that count so far.
    public var attempts: UInt32
    /// The place of the session in the order of scheduling; kept, so that carrying changes no order.
    public var order: UInt64
    /// What became of the latest runs, oldest first.
    public var history: [Attempt]
    /// How the session's sequence stood; a carried copy that is behind it is not used.
    public var sequence: UInt64
    /// Events of a later version, as they were found.
    public var unread: [[UInt8]]
    /// In a `carried` event: where the copied session began in its log. A fold that has read from
    /// there on and does not know the session knows that it is finished.
    public var first: Position

    public init(
        kind: Kind, version: UInt32, headers: [Header], records: [[UInt8]], created: Timestamp,
        phase: Phase, attempts: UInt32, order: UInt64, history: [Attempt], sequence: UInt64,
        unread: [[UInt8]] = [], first: Position = .none
    ) {
        self.kind = kind
        self.version = version
        self.headers = headers
        self.records = records
        self.created = created
        self.phase = phase
        self.attempts = attempts
        self.order = order
        self.history = history
        self.sequence = sequence
        self.unread = unread
        self.first = first
    }
}

/// Where a session stands. Legal next states:
/// - `open`: waiting (close), running (claim after the lease), parked, gone (complete)
/// - `waiting`: running (claim), parked, gone (cancel)
/// - `running`: waiting (retry), running (claim after the deadline), parked, gone (complete)
/// - `parked`: waiting (requeue), gone (cancel, dead-lettered)
public enum Phase: Sendable, Hashable {
    case open(lease: Timestamp)
    case waiting(due: Timestamp)
    case running(Run)
    case parked(Parking)
}

/// One hand-out of a session to a handler.
public struct Run: Sendable, Hashable {
    /// Counts from 1.
    public var attempt: UInt32
    /// The position of the claim that started it; an event with an older token changes nothing.
    public var token: Position
    /// From this moment on the session may be claimed again.
    public var deadline: Timestamp

    public init(attempt: UInt32, token: Position, deadline: Timestamp) {
        self.attempt = attempt
        self.token = token
        self.deadline = deadline
    }
}

/// What became of an earlier run.
public struct Attempt: Sendable, Hashable {
    public var number: UInt32
    public var time: Timestamp
    /// False where the attempt was given back: the failure was not the session's.
    public var counted: Bool
    public var reason: String

    public init(number: UInt32, time: Timestamp, counted: Bool, reason: String) {
        self.number = number
        self.time = time
        self.counted = counted
        self.reason = reason
    }
}
