package import Model
package import Sessions

/// One partition of the sessions topic as its owner sees it: folds its events, proposes claims,
/// marks where a fold may begin, carries old sessions forward. Pure: what it wants done comes out
/// as effects and events to write; what the log says comes in as `fold`.
///
/// Stages: `folding` (from the start until our `owner` event is read back) → `owning` → `fenced`
/// (another owner's event was read). `leave()` at any stage → `leaving`. `reclaim` → `folding`.
package struct PartitionMachine: Sendable {
    /// How far the claim on the partition has come.
    package enum Stage: Sendable, Hashable {
        /// Our `owner` event was not read back yet: nothing is claimed.
        case folding
        /// What is due is claimed.
        case owning
        /// Somebody else wrote an `owner` event after ours.
        case fenced
        /// The partition is being given up: results are written, nothing new is claimed.
        case leaving
    }

    /// What the log has decided, for the driver to act on.
    package enum Effect: Sendable, Hashable {
        /// Our `owner` event was read back: sessions are handed out from now on.
        case becameOwner
        /// `by` has claimed the partition after us: nothing we write counts any more.
        case fenced(by: Writer)
        /// Our claim counts: hand the session to its handler.
        case run(Session, Run)
        /// A claim of ours counts that we had given up by the time it was read back: write
        /// `released`, or the session waits for a deadline that nobody works towards.
        case release(Session, Run)
        /// A run's own write to its session was read back.
        case wrote(SessionID, sequence: UInt64, Applied)
        /// A session was parked: write it to the dead-letter topic, then tell `deadLettered`.
        case deadLetter(Session)
        /// The offset from which a fold rebuilds everything: commit it, then trim below it.
        case commit(offset: Int64)
    }

    package let partition: Int32
    /// Who we are in the events; another one after each `reclaim`.
    package private(set) var writer: Writer
    /// Starts with `folding`.
    package private(set) var stage = Stage.folding
    /// Whether our first `owner` event was read back: the table has had all that stood in the log when the
    /// partition was assigned.
    package private(set) var hasCaughtUp = false
    /// The partition's sessions as of `nextOffset`.
    package private(set) var table: SessionTable
    private var scheduler: Scheduler
    private var marks: MarkKeeper
    /// The offset of the next message to fold.
    package private(set) var nextOffset: Int64
    private let firstOffset: Int64
    /// Kinds whose claims did not count: their places are given back at the next tick.
    private var returned: [Kind] = []
    /// Claims that were given up on their way to the log: they may count all the same.
    private var disowned: [SessionID: DisownedClaim] = [:]
    /// Copies on their way to the log, and those of an earlier claim on the partition, which count
    /// no more once this one is read back.
    private var carries: [SessionID: Event] = [:]
    private var oldCarries: [Event] = []
    private let options: PartitionOptions

    /// Begins with `table` as of `offset`: empty at the log's beginning, from a mark, or from a
    /// checkpoint.
    package init(
        partition: Int32, writer: Writer, table: SessionTable, offset: Int64,
        options: PartitionOptions
    ) {
        self.partition = partition
        self.writer = writer
        self.table = table
        self.options = options
        nextOffset = offset
        firstOffset = offset
        scheduler = Scheduler(allowance: options.allowance, fallback: options.fallback)
        marks = MarkKeeper(interval: options.markInterval)
        for id in table.sessions.keys {
            // What an earlier machine noted in the table is not in this one's queue.
            self.table.setQueued(id, .distantFuture)
            scheduler.schedule(id, in: &self.table)
        }
    }

    /// The event that claims the partition; written when it is assigned or reclaimed.
    package var ownerEvent: Event {
        Event(
            session: Event.noSession, partition: UInt32(partition), body: .owner(writer))
    }

    // MARK: What the log says

    /// Folds one message. `origin` is its writer; `batch` tells how `bytes` are to be read.
    package mutating func fold(_ message: PartitionMessage, effects: inout [Effect]) {
        guard message.offset >= nextOffset else { return }
        nextOffset = message.offset + 1
        message.forEachEvent { index, decoded in
            let position = Position(offset: message.offset, index: index)
            switch decoded {
            case .success(let event):
                foldEvent(event, at: position, from: message.origin, effects: &effects)
            case .failure:
                foldUndecodable(message, at: position, effects: &effects)
            }
        }
        guard stage == .owning, marks.hasCandidates else { return }
        let start = marks.reached { table.allowsStart(at: Position(offset: $0)) }
        if let start { effects.append(.commit(offset: start)) }
    }

    private mutating func foldEvent(
        _ event: Event, at position: Position, from origin: Origin, effects: inout [Effect]
    ) {
        // Journals only: from anybody else it would make a session vanish.
        if case .handedOver = event.body { return }
        let applied = table.apply(event, at: position, from: origin)
        // A mark is no news: it would call for the next one for ever.
        if event.body.type != .mark { marks.folded() }
        if case .claimed = event.body, let claim = disowned[event.session],
            claim.writer == origin.writer
        {
            settle(claim, event.session, applied, effects: &effects)
        } else if origin.writer == writer {
            settleOwn(event, applied, effects: &effects)
        }
        guard applied == .accepted else { return }
        switch event.body {
        case .owner(let owner): ownerChanged(to: owner, effects: &effects)
        case .mark(let mark) where origin.writer == writer: marks.readBack(mark)
        default:
            scheduler.schedule(event.session, in: &table)
            deadLetterIfParked(event.session, effects: &effects)
        }
    }

    private mutating func foldUndecodable(
        _ message: PartitionMessage, at position: Position, effects: inout [Effect]
    ) {
        marks.folded()
        let id = table.applyUndecodable(
            message.rawBytes, headers: message.headers, partition: UInt32(partition),
            at: position, time: message.time, from: message.origin)
        if let id { deadLetterIfParked(id, effects: &effects) }
    }

    private mutating func deadLetterIfParked(_ id: SessionID, effects: inout [Effect]) {
        guard stage == .owning, let session = table[id], case .parked = session.phase else {
            return
        }
        effects.append(.deadLetter(session))
    }

    /// One of our own proposals was read back.
    private mutating func settleOwn(
        _ event: Event, _ applied: Applied, effects: inout [Effect]
    ) {
        switch event.body {
        case .claimed:
            let kind = scheduler.decided(event.session, in: &table)
            if applied == .accepted, let session = table[event.session], let run = session.run {
                effects.append(.run(session, run))
            } else if let kind {
                returned.append(kind)
            }
        case .parked, .retried:
            scheduler.ended(event.session, in: &table)
        case .carried:
            carries[event.session] = nil
            if applied == .ignored(.notOwner) { table.carryFailed(event) }
        case .appended, .replaced, .extended:
            effects.append(.wrote(event.session, sequence: event.sequence, applied))
        default: break
        }
    }

    /// A claim that was given up was read back.
    private mutating func settle(
        _ claim: DisownedClaim, _ id: SessionID, _ applied: Applied, effects: inout [Effect]
    ) {
        disowned[id] = nil
        guard !claim.isGivenBack, applied == .accepted, let session = table[id],
            let run = session.run
        else { return }
        effects.append(.release(session, run))
    }

    private mutating func ownerChanged(to owner: Writer, effects: inout [Effect]) {
        if owner == writer {
            hasCaughtUp = true
            guard stage == .folding else { return }
            stage = .owning
            // What an earlier writer of ours sent and is not here yet, comes too late to count.
            disowned.removeAll()
            for event in oldCarries { table.carryFailed(event) }
            oldCarries.removeAll()
            effects.append(.becameOwner)
            // What was parked before, and did not reach the dead letters, is ours to send.
            for session in table.sessions.values {
                if case .parked = session.phase { effects.append(.deadLetter(session)) }
            }
        } else if stage == .owning {
            stage = .fenced
            effects.append(.fenced(by: owner))
        }
    }

    // MARK: What to write

    /// Events to write now, each list as one message. Nothing unless the partition is ours.
    package mutating func tick(now: Timestamp, gates: inout Gates) -> [[Event]] {
        for kind in returned { gates.giveBack(kind, now: now) }
        returned.removeAll()
        guard stage == .owning else { return [] }
        marks.look(now: now)
        var messages: [[Event]] = []
        let proposals = scheduler.step(
            now: now, table: &table, gates: &gates, limit: options.maxClaims)
        if !proposals.isEmpty { messages.append(proposals) }
        let carried = carriedEvents()
        messages.append(contentsOf: carried.map { [$0] })
        // A mark must not stand between a carried copy's making and its landing.
        if carries.isEmpty, marks.isDue(now: now) {
            let mark = table.mark(start: nextOffset)
            marks.written(mark.start, now: now)
            messages.append([
                Event(
                    session: Event.noSession, partition: UInt32(partition), body: .mark(mark))
            ])
        }
        return messages
    }

    /// Copies of the sessions that hold the low-water mark far behind the head.
    private mutating func carriedEvents() -> [Event] {
        guard carries.isEmpty, let lowWater = table.lowWater() else { return [] }
        let lag = nextOffset - lowWater.offset
        guard lag > Int64(options.carryLag), lag > 4 * Int64(table.alive.total) else { return [] }
        let ids = table.oldest(options.maxCarries)
        return ids.compactMap { id in
            let event = table.carry(id)
            carries[id] = event
            return event
        }
    }

    /// When `tick` may have something to write; nil when only the log can bring something.
    package func nextTick(now: Timestamp, gates: Gates) -> Timestamp? {
        guard stage == .owning else { return nil }
        if !returned.isEmpty { return now }
        let due = scheduler.nextTime(now: now, gates: gates)
        guard let mark = marks.nextTime else { return due }
        return min(due ?? mark, mark)
    }

    // MARK: Ownership

    /// The group still assigns the partition to us, but our writes may not count any more (a new
    /// producer, or another owner's event): claim it again as `writer`, without a new fold.
    package mutating func reclaim(as writer: Writer, now: Timestamp, gates: inout Gates) {
        dropProposals(now: now, gates: &gates)
        self.writer = writer
        stage = .folding
    }

    /// What ends the run of an `Effect.release`: due again at once, the attempt not counted.
    package static func released(
        _ id: SessionID, _ token: Position, in partition: Int32, now: Timestamp
    ) -> Event {
        let retry = Event.Retry(
            token: token, due: now, time: now, counted: false,
            reason: "The worker gave the session up before its handler began.")
        return Event(session: id, partition: UInt32(partition), body: .retried(retry))
    }

    /// A claim stands in the log at `position`, and is not read back yet: of a partition that the group
    /// is taking away, nothing may be read any more. Gives, once, what ends its run if this machine has
    /// given the claim up while it leaves. Where the claim does not count, neither does that.
    package mutating func giveBack(
        _ id: SessionID, claimedBy writer: Writer, at position: Position, now: Timestamp
    ) -> Event? {
        guard stage == .leaving, let claim = disowned[id], claim.writer == writer,
            !claim.isGivenBack
        else { return nil }
        disowned[id]?.isGivenBack = true
        return PartitionMachine.released(id, position, in: partition, now: now)
    }

    /// The partition is going away: nothing new is claimed. Results may still be written.
    package mutating func leave(now: Timestamp, gates: inout Gates) {
        dropProposals(now: now, gates: &gates)
        stage = .leaving
    }

    private mutating func dropProposals(now: Timestamp, gates: inout Gates) {
        for id in scheduler.proposed {
            guard let kind = scheduler.decided(id, in: &table) else { continue }
            gates.giveBack(kind, now: now)
            disowned[id] = DisownedClaim(writer: writer)
        }
        for kind in returned { gates.giveBack(kind, now: now) }
        returned.removeAll()
        oldCarries += carries.values
        carries.removeAll()
        marks.reset()
    }

    /// Claims that were given up and may still be on their way to the log, and nothing ends them; with the
    /// writers that they bear.
    package var disownedClaims: [SessionID: Writer] {
        disowned.filter { !$0.value.isGivenBack }.mapValues(\.writer)
    }

    package var hasDisownedClaims: Bool { disowned.values.contains { !$0.isGivenBack } }

    /// Sessions due and waiting for a place; those nobody here handles.
    package var readyCount: Int { scheduler.readyCount }
    /// What is due and was not handed out, by kind.
    package func readiness(now: Timestamp) -> [Kind: Readiness] {
        scheduler.readiness(now: now, table: table)
    }
    /// The session before whose beginning the log is not needed; nil when nothing is alive.
    package mutating func oldest() -> Session? { table.oldest(1).first.flatMap { table[$0] } }
    /// How far behind a new fold would begin; see `MarkKeeper.age`.
    package func lowWaterAge(now: Timestamp) -> Milliseconds { marks.age(now: now) }
    /// Messages that a new fold would read.
    package var lowWaterLag: Int64 { max(0, nextOffset - (marks.committed ?? firstOffset)) }
    /// Due sessions of kinds without a handler here, by kind; they wait.
    package var unhandled: [Kind: Int] { scheduler.unhandled }
}

/// A claim that was given up before it was read back.
private struct DisownedClaim: Sendable {
    /// Whose it is in the log.
    let writer: Writer
    /// What ends its run is on its way.
    var isGivenBack = false
}
