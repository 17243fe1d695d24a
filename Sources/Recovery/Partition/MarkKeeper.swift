internal import Model

/// The marks that the owner of a partition has written: places from which a fold may begin once
/// nothing unfinished begins before them.
struct MarkKeeper: Sendable {
    private let interval: Milliseconds
    private var next = Timestamp.zero
    /// Something was folded since the last mark.
    private var isDirty = false
    private var writtenStart: Int64?
    /// Marks read back, oldest first, not yet committed.
    private var starts: [Int64] = []
    /// When those that are not committed were written.
    private var times: [Int64: Timestamp] = [:]
    /// The last one at which a fold may begin, and as of when: the owner's beginning before it.
    private(set) var committed: Int64?
    private var asOf: Timestamp?

    init(interval: Milliseconds) {
        self.interval = interval
    }

    /// Looked at every `interval` while there is something new.
    func isDue(now: Timestamp) -> Bool {
        isDirty && writtenStart == nil && now >= next
    }

    var nextTime: Timestamp? { isDirty && writtenStart == nil ? next : nil }

    mutating func folded() { isDirty = true }

    /// The owner looks at its marks: their age counts from its first look.
    mutating func look(now: Timestamp) {
        if asOf == nil { asOf = now }
    }

    /// How old the state is that a new fold would begin with; 0 where everything since is marked.
    func age(now: Timestamp) -> Milliseconds {
        guard let asOf, isDirty || writtenStart != nil || !starts.isEmpty else { return 0 }
        return max(0, now - asOf)
    }

    mutating func written(_ start: Int64, now: Timestamp) {
        writtenStart = start
        times[start] = now
        isDirty = false
        next = now + interval
    }

    mutating func readBack(_ mark: Mark) {
        guard mark.start == writtenStart else { return }
        writtenStart = nil
        starts.append(mark.start)
    }

    var hasCandidates: Bool { !starts.isEmpty }

    /// The last mark at which a fold may begin; it and those before it are done with.
    mutating func reached(_ allows: (Int64) -> Bool) -> Int64? {
        var found: Int?
        for (index, start) in starts.enumerated() where allows(start) { found = index }
        guard let found else { return nil }
        let start = starts[found]
        for passed in starts[...found] {
            let time = times.removeValue(forKey: passed)
            if passed == start { asOf = time ?? asOf }
        }
        starts.removeFirst(found + 1)
        committed = start
        return start
    }

    mutating func reset() {
        writtenStart = nil
        starts.removeAll()
        times.removeAll()
    }
}
