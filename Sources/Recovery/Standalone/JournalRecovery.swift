package import Journal
package import Logging
package import Model
internal import Platform
package import Sessions
internal import Synchronization
internal import WAL

/// Recovery without Kafka: the node that wrote the sessions hands them out itself, in the same
/// process, from the same journal. One thread decides and writes; handlers run on tasks.
package final class JournalRecovery: Sendable {
    struct Ended {
        var session: Session
        var run: Run
        var outcome: HandlerOutcome
    }

    struct State {
        var gates: Gates
        var ended: [Ended] = []
        /// Decided but not yet taken by the log: kept over a full disk.
        var outbox: [Event] = []
        /// For metrics: what claims on their way have found.
        var claims = ClaimNotes()
        var isStopping = false
    }

    let journal: Journal
    let runs: Runs
    let pauses: PauseBook
    let meters: RunMeters
    private let logger: Logger
    let state: Mutex<State>
    private let thread: Mutex<NamedThread?>
    private let observer: any RecoveryObserver

    /// Events in one frame at most.
    private static let maxEvents = 1_024
    /// The wall clock is read at least this often, so that a step forward is noticed.
    private static let longestSleep: Milliseconds = 500
    private static let upkeepInterval: Milliseconds = 1_000

    /// Does nothing yet. Kinds without a handler are left waiting, and so are those that `pauses` has.
    package init(
        journal: Journal, handlers: [Kind: any RecoveryHandler],
        pauses: PauseBook = PauseBook(),
        observer: any RecoveryObserver, logger: Logger
    ) {
        self.journal = journal
        self.pauses = pauses
        self.logger = logger
        self.observer = observer
        runs = Runs(handlers: handlers)
        meters = RunMeters(kinds: handlers.keys) { SystemTime().monotonicNanoseconds() }
        var gates = Gates()
        gates.reconfigure(handlers.keys, paused: Set(pauses.all.keys)) { journal.policy(of: $0) }
        state = Mutex(State(gates: gates))
        thread = Mutex(nil)
    }

    /// Hands out what is due from now on, what an earlier process left behind included. Throws when
    /// no thread can be made.
    package func start() throws(RepriseError) {
        let made = try NamedThread("recovery") { [self] in loop() }
        thread.withLock { $0 = made }
    }

    /// Stops handing out, gives running handlers up to `drain` to finish, writes their results, and
    /// ends the thread. What still runs then is handed out again after its deadline.
    package func stop(drain: Duration) async {
        state.withLock { $0.isStopping = true }
        end(.whenIdle)
        let limit = Task {
            guard (try? await Task.sleep(for: drain)) != nil else { return }
            end(.now)
        }
        let waker = Task {
            await runs.waitUntilIdle { _ in true }
            journal.changed.notify()
        }
        defer {
            limit.cancel()
            waker.cancel()
        }
        let thread = self.thread.withLock { $0.take() }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // Joining blocks: not on the cooperative pool.
            let joiner = try? NamedThread("recovery-stop") {
                thread?.join()
                continuation.resume()
            }
            if joiner == nil { continuation.resume() }
        }
        for each in runs.abandon() {
            meters.ended(each.session, each.run, RunCounts.abandoned)
        }
    }

    /// How far `stop` has come, for the thread.
    private enum Ending: UInt8, AtomicRepresentable {
        case no
        /// Nothing more is claimed; what is claimed already is started and waited for.
        case whenIdle
        case now
    }
    private let ending = Atomic<Ending>(.no)

    private func end(_ how: Ending) {
        ending.store(how, ordering: .releasing)
        journal.changed.notify()
    }

    /// Whether the thread's next round is its last.
    private var isLastRound: Bool {
        switch ending.load(ordering: .acquiring) {
        case .no: false
        case .whenIdle: runs.count == 0
        case .now: true
        }
    }

    /// A copy: what each kind's places, rate and breaker are now.
    package var gates: Gates { state.withLock { $0.gates } }
    /// Handlers at work in this process.
    package var runningCount: Int { runs.count }

    // MARK: The thread

    private func loop() {
        var nextUpkeep = journal.now()
        while true {
            let seen = journal.changed.count
            let isLast = isLastRound
            let now = journal.now()
            do throws(RepriseError) {
                // Before what may fail: where the disk is full, upkeep is what makes room.
                if now >= nextUpkeep || nextUpkeep - now > Self.upkeepInterval {
                    nextUpkeep = now + Self.upkeepInterval
                    try journal.keepUp()
                }
                runs.expire(now: now)
                let didWork = try round(now: now)
                if isLast, !didWork { return }
                if !didWork { sleep(since: seen, now: now) }
            } catch {
                let isOver = error.code == .journalPoisoned || error.code == .shuttingDown
                // What cannot be written at the last is handed out again after its deadline.
                if isOver || isLast { return }
                observer.failed(error)
                meters.failed(error.code)
                logger.report(.error, error, "recovery could not write; it tries again")
                journal.changed.wait(
                    whileCountIs: journal.changed.count,
                    nanoseconds: Self.longestSleep * 1_000_000)
            }
        }
    }

    /// Writes what has ended and what is due, then starts the runs whose claims are durable.
    private func round(now: Timestamp) throws(RepriseError) -> Bool {
        let written = withJournal { core, state in
            state.outbox += results(&state, now: now)
            if !state.isStopping {
                let events = core.step(now: now, gates: &state.gates, limit: Self.maxEvents)
                let over = state.claims.note(events, in: core.table, allowance: 0)
                for kind in over { meters.expired(kind) }
                state.outbox += events
            }
            return write(&core, &state, now: now)
        }
        if let last = written.last, !written.started.isEmpty {
            // The attempt is counted, durably, before the handler runs.
            try journal.blockUntilDurable(last)
            for (session, run) in written.started { start(session, run) }
        }
        if let failure = written.failure { throw failure }
        return written.last != nil
    }

    private struct Written {
        var started: [(Session, Run)] = []
        var last: LSN?
        var failure: RepriseError?
    }

    /// What the log refuses stays in the outbox for the next round.
    private func write(
        _ core: inout JournalCore, _ state: inout State, now: Timestamp
    ) -> Written {
        var written = Written()
        do throws(RepriseError) {
            while !state.outbox.isEmpty {
                let frame = Array(state.outbox.prefix(Self.maxEvents))
                let (lsn, applied) = try journal.appendBatch(frame, to: &core, use: .reserve)
                state.outbox.removeFirst(frame.count)
                written.last = lsn
                for (event, applied) in zip(frame, applied) {
                    settle(event, applied, &core, &state, now, &written.started)
                }
            }
        } catch {
            written.failure = error
        }
        return written
    }

    private func results(_ state: inout State, now: Timestamp) -> [Event] {
        let ended = state.ended
        state.ended = []
        return ended.map { ended in
            let outcome = state.gates.release(
                ended.session.kind, ended.outcome, of: ended.session.id, now: now)
            observer.ended(ended.session, ended.run, outcome)
            meters.ended(ended.session, ended.run, RunCounts.name(of: ended.outcome))
            return Verdict.event(
                for: outcome, of: ended.run, session: ended.session,
                policy: journal.policy(of: ended.session.kind).retry, now: now,
                random: journal.random, limits: journal.options.limits)
        }
    }

    private func settle(
        _ event: Event, _ applied: Applied, _ core: inout JournalCore, _ state: inout State,
        _ now: Timestamp, _ started: inout [(Session, Run)]
    ) {
        switch event.body {
        case .claimed:
            let kind = core.decided(event.session)
            if applied == .accepted, let session = core.table[event.session],
                let run = session.run
            {
                started.append((session, run))
            } else if let kind {
                state.gates.giveBack(kind, now: now)
            }
        case .parked(let parking, _):
            core.ended(event.session)
            guard applied == .accepted else { return }
            meters.parked(parking.reason)
            observer.parked(event.session, parking)
        case .retried: core.ended(event.session)
        default: break
        }
    }

    private func start(_ session: Session, _ run: Run) {
        observer.started(session, run)
        let note = state.withLock { $0.claims.take(session.id) }
        meters.started(session, run, late: note.map { journal.now() - $0.due })
        if note?.endsRun == true { meters.expired(session.kind) }
        let control = JournalRunControl(journal: journal, runs: runs)
        runs.start(session, run, control: control) { [self] session, run, outcome in
            state.withLock {
                $0.ended.append(Ended(session: session, run: run, outcome: outcome))
            }
            journal.changed.notify()
        }
    }

    private func sleep(since seen: UInt32, now: Timestamp) {
        let gates = self.gates
        var next = journal.withCore { $0.scheduler?.nextTime(now: now, gates: gates) }
        if let deadline = runs.nextDeadline { next = min(next ?? deadline, deadline) }
        let longest = now + Self.longestSleep
        let wait = min(next ?? longest, longest) - now
        guard wait > 0 else { return }
        journal.changed.wait(whileCountIs: seen, nanoseconds: wait * 1_000_000)
    }

    /// Both locks, journal first.
    func withJournal<Result>(
        _ body: (inout JournalCore, inout State) -> Result
    ) -> Result {
        journal.withCore { core in
            state.withLock { state in body(&core, &state) }
        }
    }
}
