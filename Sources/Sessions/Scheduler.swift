internal import HeapModule
public import Model

/// Decides what a partition's owner writes next: claims for what is due and has a place, parking
/// for what is beyond its attempts or its age. It proposes; the log decides.
public struct Scheduler: Sendable {
    var queue = DueQueue()
    /// Due sessions that wait for a place, by kind, oldest due time first.
    var ready: [Kind: Heap<DueQueue.Entry>] = [:]
    /// Due sessions of kinds without a handler here.
    var aside: [Kind: Set<SessionID>] = [:]
    /// Sessions for which a claim or a parking is on its way to the log.
    public var proposed: Set<SessionID> { Set(proposals.keys) }
    /// With the kind whose place a claim has taken; nil for what needs none.
    var proposals: [SessionID: Kind?] = [:]
    /// What fresh work is owed of the hand-outs of a kind with a backlog, 1 being the next.
    private var owed: [Kind: Double] = [:]
    /// The last step ended at its limit, with more to do at once.
    private var isCut = false
    /// What a claim waits beyond a time that another machine's clock set.
    public let allowance: Milliseconds
    let fallback: KindPolicy

    /// With nothing scheduled. `fallback` is the policy of kinds without a gate: their sessions are
    /// never claimed, but parked once their attempts are used up or they are too old.
    public init(allowance: Milliseconds, fallback: KindPolicy = KindPolicy()) {
        self.allowance = allowance
        self.fallback = fallback
    }

    /// Sessions due and waiting for a place.
    public var readyCount: Int { ready.values.reduce(0) { $0 + $1.count } }

    /// How many due sessions each kind without a handler here has.
    public var unhandled: [Kind: Int] { aside.mapValues(\.count) }

    /// The session may have another due time now, or be gone: call it after each event that was
    /// accepted. A renewed lease costs nothing here: the entry stands until its old time, and is
    /// moved then.
    public mutating func schedule(_ id: SessionID, in table: inout SessionTable) {
        forget(id)
        // By its place: a copy of the whole session would cost more than all the rest.
        guard let place = table.sessions.place(of: id),
            let wake = table.sessions[place].wake(allowance: allowance),
            wake < table.sessions[place].queued
        else { return }
        table.sessions[place].queued = wake
        queue.insert(
            DueQueue.Entry(due: wake, order: table.sessions[place].order, session: id))
    }

    /// Events to write: at most `limit`, in the order of hand-out. That is by due time, then by order
    /// of scheduling; but while the oldest of a kind is later than its policy's `backlog.after`, a
    /// share of the hand-outs goes to those of it that fell due last, the newest first.
    public mutating func step(
        now: Timestamp, table: inout SessionTable, gates: inout Gates, limit: Int
    ) -> [Event] {
        resumeAside(table: &table, gates: gates)
        sweep(table)
        collectDue(now: now, table: &table, gates: gates)
        var heads = Heap<Head>()
        for (kind, waiting) in ready {
            if let entry = waiting.min { heads.insert(Head(entry: entry, kind: kind)) }
        }
        var events: [Event] = []
        while events.count < limit, let head = heads.popMin() {
            let kind = head.kind
            var id = head.entry.session
            var decision = decide(head.entry, now: now, table: table, gates: gates)
            var isFresh = false
            if case .claim = decision, let newest = owedEntry(kind, now: now, gates: gates) {
                isFresh = true
                id = newest.session
                decision = decide(newest, now: now, table: table, gates: gates)
            }
            switch decision {
            case .outdated: if proposals[id] == nil { schedule(id, in: &table) }
            case .unhandled: setAside(id, kind, table: &table)
            case .write(let event):
                proposals[id] = .some(nil)
                events.append(event)
            case .claim(let event):
                // Without a place for its oldest, the kind is out of this step.
                guard gates.acquire(kind, now: now) else { continue }
                proposals[id] = .some(kind)
                events.append(event)
                owe(kind, isFresh: isFresh, gates: gates)
            }
            if isFresh { ready[kind]?.removeMax() } else { ready[kind]?.removeMin() }
            if let entry = ready[kind]?.min {
                heads.insert(Head(entry: entry, kind: kind))
            } else {
                ready[kind] = nil
                owed[kind] = nil
            }
        }
        isCut = !heads.isEmpty
        return events
    }

    /// The session that fell due last, where it is its turn: the kind has a backlog, and the session
    /// is no part of that.
    private func owedEntry(_ kind: Kind, now: Timestamp, gates: Gates) -> DueQueue.Entry? {
        guard let owed = owed[kind], owed >= 1, let backlog = gates[kind]?.policy.backlog,
            let oldest = ready[kind]?.min, now - oldest.due > backlog.after,
            let newest = ready[kind]?.max, now - newest.due <= backlog.after
        else { return nil }
        return newest
    }

    /// Another hand-out of the kind. What is owed never adds up: a backlog that began long ago gives
    /// fresh work no more than its share.
    private mutating func owe(_ kind: Kind, isFresh: Bool, gates: Gates) {
        guard let share = gates[kind]?.policy.backlog.freshShare, share > 0 else { return }
        owed[kind] = min(1, (owed[kind] ?? 0) - (isFresh ? 1 : 0) + share)
    }

    /// The proposal for `id` was read back, or surely was not written: it counts, or something
    /// overtook it. Returns the kind whose place it has taken, to be given back where no run begins:
    /// the session itself may be gone.
    @discardableResult
    public mutating func decided(_ id: SessionID, in table: inout SessionTable) -> Kind? {
        let kind = proposals.removeValue(forKey: id) ?? nil
        schedule(id, in: &table)
        return kind
    }

    /// The proposal for `id` was not a claim, and was read back. A claim that is under way for it
    /// stays: an event of this sort can also be a run's late outcome.
    public mutating func ended(_ id: SessionID, in table: inout SessionTable) {
        if case .some(.none) = proposals[id] { proposals[id] = nil }
        schedule(id, in: &table)
    }

    /// When to call `step` again; nil when only an event or a release can bring something.
    public func nextTime(now: Timestamp, gates: Gates) -> Timestamp? {
        if isCut { return now }
        var next = queue.next
        for kind in ready.keys {
            guard let gate = gates[kind] else { return now }
            guard let time = gate.retryTime(now: now) else { continue }
            next = min(next ?? time, time)
        }
        return next
    }
}

/// The oldest of a kind's sessions that are ready.
private struct Head: Comparable {
    var entry: DueQueue.Entry
    var kind: Kind

    static func < (left: Head, right: Head) -> Bool { left.entry < right.entry }
}
