/// What a fold must know to begin at `start` instead of at the partition's first event. The owner
/// writes it right after `start`; the group's offset is committed there once nothing unfinished
/// begins before it.
public struct Mark: Sendable, Hashable {
    /// The Kafka offset from which a fold with this mark rebuilds everything.
    public var start: Int64
    /// The partition's owner as of `start`.
    public var owner: Writer
    /// The last journal sequence folded from each journal, by the journal's identity.
    public var journals: [UInt64: UInt64]
    /// The counters of finished sessions as of `start`.
    public var totals: Totals
    /// Sessions that came back from the dead letters before `start`, in the order of the log; the last
    /// 1,024 at most.
    public var revivals: [Revival]

    /// A session came back from the dead letters.
    public struct Revival: Sendable, Hashable {
        public var session: SessionID
        /// Of the event that brought it.
        public var position: Position

        public init(session: SessionID, position: Position) {
            self.session = session
            self.position = position
        }
    }

    public init(
        start: Int64, owner: Writer, journals: [UInt64: UInt64], totals: Totals,
        revivals: [Revival] = []
    ) {
        self.start = start
        self.revivals = revivals
        self.owner = owner
        self.journals = journals
        self.totals = totals
    }
}

/// Sessions by how they ended, counted from the beginning of a log. Together with those that are
/// alive they must add up: opened = completed + cancelled + deadLettered + handedOver + alive.
public struct Totals: Sendable, Hashable {
    /// Every session that was ever opened here.
    public var opened: UInt64 = 0
    /// By its writer or by a handler.
    public var completed: UInt64 = 0
    /// By an operator.
    public var cancelled: UInt64 = 0
    /// Parked in the dead-letter topic: went there, less those that were requeued from it.
    public var deadLettered: Int64 = 0
    /// Left to the recovery group by the node that wrote them; in journals only.
    public var handedOver: UInt64 = 0

    public init() {}

    /// Both together, as of several partitions. Wraps: a mark's counts come from the wire.
    public static func + (left: Totals, right: Totals) -> Totals {
        var sum = left
        sum.opened &+= right.opened
        sum.completed &+= right.completed
        sum.cancelled &+= right.cancelled
        sum.deadLettered &+= right.deadLettered
        sum.handedOver &+= right.handedOver
        return sum
    }
}
