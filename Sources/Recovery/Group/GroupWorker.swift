internal import Kafka
package import Logging
package import Model
internal import Platform
package import Sessions
internal import Synchronization

/// A member of the recovery group. The consumer's thread folds what it reads; a thread of its own
/// writes what the partitions' machines propose; handlers run on tasks. A claim is acted on only
/// after it was read back.
package final class GroupWorker: Sendable {
    package let options: GroupOptions
    let logger: Logger
    let observer: any RecoveryObserver
    /// As in the options at first; they can be replaced.
    let policies: PolicyBook
    let pauses: PauseBook
    let runs: Runs
    package let meters: RunMeters
    let time: any TimeSource
    let state: Mutex<GroupState>
    let signal = Signal()
    let consumer = Mutex<KafkaConsumer?>(nil)
    let trimmer: Mutex<KafkaAdmin?>
    private let thread = Mutex<NamedThread?>(nil)
    private let ended = AsyncStream<Void>.makeStream()

    /// Does nothing yet. Kinds without a handler are left waiting, and so are those that `pauses` has.
    package init(
        options: GroupOptions, handlers: [Kind: any RecoveryHandler],
        pauses: PauseBook = PauseBook(), observer: any RecoveryObserver, logger: Logger
    ) {
        self.options = options
        self.logger = logger
        self.observer = observer
        time = SystemTime()
        runs = Runs(handlers: handlers)
        self.pauses = pauses
        policies = PolicyBook(options.policies)
        meters = RunMeters(kinds: handlers.keys) { SystemTime().monotonicNanoseconds() }
        var gates = Gates()
        gates.reconfigure(handlers.keys, paused: Set(pauses.all.keys)) { kind in
            options.policies[kind] ?? options.partition.fallback
        }
        state = Mutex(GroupState(gates: gates))
        trimmer = Mutex(nil)
    }

    /// Joins the group. Sessions are handed out once partitions are assigned and folded.
    package func start() throws(RepriseError) {
        let made = try NamedThread("recovery-group") { [self] in
            GroupLoop(worker: self).run()
            ended.continuation.finish()
        }
        thread.withLock { $0 = made }
    }

    /// Leaves the group: nothing new is claimed, running handlers get up to the drain time, results
    /// are written. Then the consumer is closed.
    package func stop() async {
        let now = self.now()
        state.withLock { state in
            state.isStopping = true
            state.stopDeadline = now + options.drain
            for number in Array(state.partitions.keys) { state.leave(number, now: now) }
        }
        signal.notify()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.runs.waitUntilIdle { _ in true } }
            group.addTask { try? await Task.sleep(for: .milliseconds(self.options.drain)) }
            await group.next()
            group.cancelAll()
        }
        state.withLock { $0.mayEnd = true }
        signal.notify()
        for await _ in ended.stream {}
        thread.withLock { _ = $0.take() }
    }

    // MARK: Seeing

    /// What one of the worker's partitions looks like now.
    package struct PartitionStatus: Sendable, Hashable {
        package var partition: Int32
        /// The machine's stage, or `opening` while the mark to begin at is looked for.
        package var stage: String
        package var alive: AliveCounts
        package var totals: Totals
        package var ignored: IgnoredCounts
        /// 0 unless there is a defect.
        package var conservationDifference: Int64
        /// Sessions that are due and wait for a place.
        package var ready: Int
        /// Of the next message to fold; the distance to the log's end is the lag.
        package var nextOffset: Int64
        /// The session before whose beginning the log is not needed; nil when nothing is alive.
        package var oldest: Session?
        /// How old the state is that a new fold would begin with, in milliseconds.
        package var lowWaterAge: Milliseconds = 0
        /// Messages that a new fold would read.
        package var lowWaterLag: Int64 = 0
    }

    /// Events passed over since the process began, by reason.
    package var ignored: IgnoredCounts {
        state.withLock { state in
            var sum = state.departedIgnored
            for owned in state.partitions.values {
                if let machine = owned.machine { sum = sum + machine.table.ignored }
            }
            return sum
        }
    }

    /// The partitions that the worker has, in order; none before the first assignment.
    package func partitions() -> [PartitionStatus] {
        let now = self.now()
        return state.withLock { state in
            state.partitions.keys.sorted().compactMap { number in
                // Taken out, so that the machine is changed in place and not copied.
                guard var owned = state.partitions.removeValue(forKey: number) else { return nil }
                defer { state.partitions[number] = owned }
                return owned.withMachine { machine in
                    PartitionStatus(
                        partition: number, stage: "\(machine.stage)", alive: machine.table.alive,
                        totals: machine.table.totals, ignored: machine.table.ignored,
                        conservationDifference: machine.table.conservationDifference,
                        ready: machine.readyCount, nextOffset: machine.nextOffset,
                        oldest: machine.oldest(), lowWaterAge: machine.lowWaterAge(now: now),
                        lowWaterLag: machine.lowWaterLag)
                }
                    ?? PartitionStatus(
                        partition: number, stage: "opening", alive: AliveCounts(),
                        totals: Totals(), ignored: IgnoredCounts(), conservationDifference: 0,
                        ready: 0, nextOffset: 0)
            }
        }
    }

    /// nil when it is finished, unknown, or in a partition that this worker does not have.
    package func session(_ id: SessionID) -> Session? {
        state.withLock { state in
            for owned in state.partitions.values {
                if case .folding(let machine) = owned.fold, let session = machine.table[id] {
                    return session
                }
            }
            return nil
        }
    }

    /// Those of the worker's partitions, in no order. Holds the fold up while it looks.
    package func sessions(where matches: (Session) -> Bool) -> [Session] {
        state.withLock { state in
            state.partitions.values.flatMap { owned -> [Session] in
                guard case .folding(let machine) = owned.fold else { return [] }
                return machine.table.sessions.values.filter(matches)
            }
        }
    }

    // MARK: What a running handler does

    /// For a handler that writes from outside: as `RecoverySession.append`.
    package func append(
        _ id: SessionID, record: [UInt8], token: Position
    ) async throws(RepriseError) {
        try await GroupRunControl(worker: self).append(id, record: record, token: token)
    }

    /// As `RecoverySession.replace`.
    package func replace(
        _ id: SessionID, record: [UInt8], token: Position
    ) async throws(RepriseError) {
        try await GroupRunControl(worker: self).replace(id, record: record, token: token)
    }

    /// As `RecoverySession.extend`; nil takes the handler's timeout.
    package func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position
    ) async throws(RepriseError) {
        try await GroupRunControl(worker: self).extend(id, by: duration, token: token)
    }

    /// A copy: what each kind's places, rate and breaker are now.
    package var gates: Gates { state.withLock { $0.gates } }
    /// Handlers at work in this process.
    package var runningCount: Int { runs.count }

    // MARK: Shared by the threads

    package func now() -> Timestamp { time.now() }

    func newWriter() -> Writer {
        Writer(node: options.node, incarnation: .random(in: 1 ... .max))
    }

    func start(_ session: Session, _ run: Run) {
        observer.started(session, run)
        let note = state.withLock { $0.claims.take(session.id) }
        meters.started(session, run, late: note.map { now() - $0.due })
        if note?.endsRun == true { meters.expired(session.kind) }
        runs.start(session, run, control: GroupRunControl(worker: self)) {
            [self] session, run, outcome in
            state.withLock { state in
                state.ended.append(EndedRun(session: session, run: run, outcome: outcome))
                state.writeSequences[session.id] = nil
            }
            signal.notify()
        }
    }
}
