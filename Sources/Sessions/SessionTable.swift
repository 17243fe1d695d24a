public import Model
internal import DequeModule

/// The sessions of one partition log (a Kafka partition or a journal): the result of folding its
/// events, in order. A value; `apply` is its only way to change.
public struct SessionTable: Sendable {
    /// Every session that is not finished, parked ones included.
    public internal(set) var sessions = SessionMap()
    /// Who owns the partition: the writer of the last `owner` event.
    public internal(set) var owner = Writer.nobody
    /// The last event folded from each journal, by the journal's identity.
    var places: [UInt64: JournalPlace] = [:]
    /// What became of all sessions that the log has had; a fold that begins at a mark starts from
    /// the counts in it.
    public internal(set) var totals = Totals()
    /// How many sessions each phase has; their sum is the number of `sessions`.
    public internal(set) var alive = AliveCounts()
    /// The same for each kind that has any, or had some.
    public internal(set) var aliveByKind: [Kind: AliveCounts] = [:]
    /// Events that changed nothing, since this fold began.
    public internal(set) var ignored = IgnoredCounts()
    /// Bytes of records and headers of all sessions.
    public internal(set) var bytes = 0
    /// Those that came back from the dead letters.
    var revivals = Revivals()
    /// Sessions in the order of `first`; entries of sessions that moved or ended are passed over.
    var arrivals: Deque<Arrival> = []
    /// Copies on their way to the log, and copies there that do not count; see `allowsStart`.
    var holds: [Hold] = []
    /// The position at which this fold began: what it does not know and began later is finished.
    public internal(set) var start: Position?
    let limits: Limits

    struct Arrival: Sendable, Hashable {
        var position: Position
        var session: SessionID
    }

    struct JournalPlace: Sendable, Hashable {
        var sequence: UInt64
        /// Where in this log it was last heard of.
        var seen: Position
    }

    /// Empty: for a fold from the beginning of a log.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Begins where `mark` stands. Sessions that were alive then are counted when they are met.
    public init(from mark: Mark, limits: Limits = Limits()) {
        self.limits = limits
        owner = mark.owner
        places = mark.journals.mapValues { JournalPlace(sequence: $0, seen: .none) }
        totals = mark.totals
        revivals = Revivals(mark.revivals)
    }

    /// The last sequence folded from each journal, by the journal's identity.
    public var journals: [UInt64: UInt64] { places.mapValues(\.sequence) }

    /// The session with that id; nil when it is finished or unknown.
    public subscript(id: SessionID) -> Session? { sessions[id] }

    /// What a mark that starts here says. Sessions alive now are left out of `opened`: a fold that
    /// begins here counts those it meets.
    public func mark(start: Int64) -> Mark {
        var sums = totals
        sums.opened -= min(sums.opened, UInt64(alive.total))
        return Mark(
            start: start, owner: owner, journals: journals, totals: sums, revivals: revivals.all)
    }

    /// opened − (completed + cancelled + dead-lettered + handed over + alive): 0 unless there is a
    /// defect.
    public var conservationDifference: Int64 {
        // Wraps, because a mark's counters come from the wire.
        let ended =
            Int64(truncatingIfNeeded: totals.completed)
            &+ Int64(truncatingIfNeeded: totals.cancelled) &+ totals.deadLettered
            &+ Int64(truncatingIfNeeded: totals.handedOver)
        return Int64(truncatingIfNeeded: totals.opened) &- ended &- Int64(alive.total)
    }
}

/// Sessions alive, by phase.
public struct AliveCounts: Sendable, Hashable {
    /// Held by their owners, leases that have run out included.
    public var open = 0
    /// Closed, requeued or to be tried again, due or not.
    public var waiting = 0
    /// Claimed for a handler, those past their deadline included.
    public var running = 0
    /// Waiting for an operator.
    public var parked = 0

    /// All zero.
    public init() {}

    /// All sessions that are not finished.
    public var total: Int { open + waiting + running + parked }

    mutating func add(_ phase: Phase, _ change: Int) {
        switch phase {
        case .open: open += change
        case .waiting: waiting += change
        case .running: running += change
        case .parked: parked += change
        }
    }

    /// Both together, as of several partitions.
    public static func + (left: AliveCounts, right: AliveCounts) -> AliveCounts {
        var sum = left
        sum.open += right.open
        sum.waiting += right.waiting
        sum.running += right.running
        sum.parked += right.parked
        return sum
    }
}

/// How many events were passed over, by reason.
public struct IgnoredCounts: Sendable, Hashable {
    private var counts = [Int](repeating: 0, count: Ignored.allCases.count)

    /// All zero.
    public init() {}

    /// How many events were passed over for this reason.
    public subscript(reason: Ignored) -> Int { counts[reason.rawValue] }

    mutating func count(_ reason: Ignored) { counts[reason.rawValue] += 1 }

    /// Both together, as of several partitions.
    public static func + (left: IgnoredCounts, right: IgnoredCounts) -> IgnoredCounts {
        var sum = left
        for index in sum.counts.indices { sum.counts[index] += right.counts[index] }
        return sum
    }
}
