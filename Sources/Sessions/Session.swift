public import Model

/// A session as the fold knows it: everything that its log says of it so far.
public struct Session: Sendable, Hashable, Identifiable {
    /// Unique among the sessions alive; chosen by the client, or a UUIDv7.
    public let id: SessionID
    /// Chooses its policy and its handler.
    public var kind: Kind
    /// Of the events that made it; kept, so that a handler can tell old sessions from new.
    public var version: UInt32
    /// Of the sessions topic; pinned when it was opened. 0 without Kafka.
    public var partition: UInt32
    /// As they were given when it was opened, in that order.
    public var headers: [Header]
    /// Oldest first; what they mean is the business of the owner and the handler.
    public var records: [[UInt8]]
    /// When it was opened, by the clock of the node that did.
    public var created: Timestamp
    /// Where it is in its life, with what belongs to that.
    public internal(set) var phase: Phase
    /// Runs started and counted.
    public internal(set) var attempts: UInt32
    /// What became of earlier runs, oldest first; the oldest give way to new ones.
    public internal(set) var history: [Attempt]
    /// The number of the last write to its content; the next one is higher by 1.
    public internal(set) var sequence: UInt64
    /// The position of the event that scheduled it: breaks ties between equal due times.
    public internal(set) var order: UInt64
    /// Where a fold must begin at the latest to rebuild it: `opened`, or the last `carried`.
    public internal(set) var first: Position
    /// What an operator asked for while it was running; done when the run ends.
    public internal(set) var pending: PendingOrder?
    /// Events of a later version, as they were found.
    public internal(set) var unread: [[UInt8]]
    /// Bytes of the records and the headers.
    public internal(set) var bytes: Int
    /// What Kafka is known to know of the lease; used by the writing node only.
    public internal(set) var fence = LeaseFence()
    /// The due time of its entry in the due queue; used by the scheduler only.
    public internal(set) var queued = Timestamp.distantFuture
}

/// An operator's word on a session that is running.
public enum PendingOrder: Sendable, Hashable {
    /// Make it due at `due`.
    case requeue(due: Timestamp)
    /// Drop it.
    case cancel
    /// Take it out of the retries.
    case park(Parking)
}

extension Session {
    /// Rebuilt from a copy that was written at `position`: whatever came before in the log is in
    /// the copy.
    public init(
        id: SessionID, partition: UInt32, snapshot: Snapshot, at position: Position
    ) {
        self.id = id
        self.partition = partition
        kind = snapshot.kind
        version = snapshot.version
        headers = snapshot.headers
        records = snapshot.records
        created = snapshot.created
        phase = snapshot.phase
        attempts = snapshot.attempts
        history = snapshot.history
        sequence = snapshot.sequence
        order = snapshot.order
        first = position
        unread = snapshot.unread
        bytes = Session.bytes(records: snapshot.records, headers: snapshot.headers)
    }

    init(
        id: SessionID, partition: UInt32, version: UInt32, opening: Event.Opening,
        at position: Position
    ) {
        self.id = id
        self.partition = partition
        self.version = version
        kind = opening.kind
        headers = opening.headers
        records = opening.record.map { [$0] } ?? []
        created = opening.time
        phase = .open(lease: opening.lease)
        attempts = 0
        history = []
        sequence = 1
        order = position.rawValue
        first = position
        unread = []
        bytes = Session.bytes(records: records, headers: opening.headers)
    }

    /// All that a copy must carry for another fold to go on with the session as it is.
    public var snapshot: Snapshot {
        Snapshot(
            kind: kind, version: version, headers: headers, records: records, created: created,
            phase: phase, attempts: attempts, order: order, history: history, sequence: sequence,
            unread: unread, first: first)
    }

    /// The run in progress.
    public var run: Run? {
        if case .running(let run) = phase { run } else { nil }
    }

    /// When the group may act on it: the lease, due time or deadline; nil while it is parked.
    public var due: Timestamp? {
        switch phase {
        case .open(let lease): lease
        case .waiting(let due): due
        case .running(let run): run.deadline
        case .parked: nil
        }
    }

    /// `due`, and where another machine's clock set it, the clock allowance on top.
    public func wake(allowance: Milliseconds) -> Timestamp? {
        switch phase {
        case .open(let lease): lease + allowance
        case .waiting(let due): due
        case .running(let run): run.deadline + allowance
        case .parked: nil
        }
    }

    /// What records and headers come to.
    package static func bytes(records: [[UInt8]], headers: [Header]) -> Int {
        records.reduce(0) { $0 + $1.count }
            + headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }
}
