internal import Journal
internal import Logging
internal import Model
internal import Synchronization
internal import Transactions
internal import WAL

/// Performs what a coordinator asks for, and tells it what came of it. One for each transaction:
/// foreground and recovery never both act, because both find it in the manager's list.
final class CoordinatorDriver: Sendable {
    struct State: Sendable {
        var coordinator: Coordinator
        var holds: [BranchHold] = []
        /// What the records of this transaction carry besides its branches.
        var cargo = Outline()
        var report: TransactionReport?
        /// The last record of this transaction.
        var written = LSN.zero
    }

    let id: TransactionID
    let state: Mutex<State>
    let shared: SharedCoordination

    init(_ coordinator: Coordinator, shared: SharedCoordination) {
        id = coordinator.id
        self.shared = shared
        state = Mutex(State(coordinator: coordinator))
    }

    /// Takes up what the log has.
    init(recovering live: LiveTransaction, shared: SharedCoordination) {
        id = live.id
        self.shared = shared
        let coordinator = Coordinator(recovering: live) { shared.resources[$0]?.abilities }
        var state = State(coordinator: coordinator)
        state.cargo.actions = live.outline.actions
        state.cargo.messages = live.outline.messages
        state.cargo.headers = live.outline.headers
        self.state = Mutex(state)
    }

    var status: TransactionStatus { state.withLock { $0.coordinator.status } }
    var report: TransactionReport? { state.withLock { $0.report } }

    /// It ended without an outcome, and the log or a resource knows more than this process.
    var mustBeRecovered: Bool {
        state.withLock { state in
            let coordinator = state.coordinator
            guard !coordinator.status.isFinal else { return false }
            return coordinator.asked != nil
                || coordinator.branches.contains { $0.state == .prepared }
        }
    }

    /// Returns when nothing is left to do now: what must be tried again goes on in the background.
    func drive(_ input: CoordinatorInput) async {
        await perform(state.withLock { $0.coordinator.handle(input) })
    }

    func resume() async {
        await perform(state.withLock { $0.coordinator.resume() })
    }

    private func perform(_ effects: [CoordinatorEffect]) async {
        var effects = effects
        while true {
            let calls = effects.filter { !noted($0) }
            if calls.isEmpty { return }
            if calls.count == 1 {
                guard let input = await call(calls[0]) else { return }
                effects = state.withLock { $0.coordinator.handle(input) }
                continue
            }
            return await performTogether(calls)
        }
    }

    /// Calls go out at the same time; what follows from an answer follows at once.
    private func performTogether(_ calls: [CoordinatorEffect]) async {
        await withTaskGroup(of: CoordinatorInput?.self) { group in
            for effect in calls { group.addTask { await self.call(effect) } }
            for await input in group {
                guard let input else { continue }
                let next = self.state.withLock { $0.coordinator.handle(input) }
                for effect in next where !self.noted(effect) {
                    group.addTask { await self.call(effect) }
                }
            }
        }
    }

    /// Does what needs no waiting; false for the rest.
    private func noted(_ effect: CoordinatorEffect) -> Bool {
        switch effect {
        case .report(let report):
            state.withLock { $0.report = report }
        case .retryLater(let number, let attempts):
            shared.later(after: shared.delay(attempts)) { await self.drive(.retry(number)) }
        case .forgetOutcome(let number):
            forgetOutcome(number)
        case .finished:
            shared.finished(self)
        default: return false
        }
        return true
    }

    // MARK: Calls

    private func call(_ effect: CoordinatorEffect) async -> CoordinatorInput? {
        switch effect {
        case .prepare(let number): await prepare(number)
        case .write(let step, let forced): await write(step, forced: forced)
        case .commitOnePhase(let number, let recording):
            await commitOnePhase(number, recordingOutcome: recording)
        case .askOutcome(let number): await askOutcome(number)
        case .commitPrepared(let number):
            await finish(number) { try await $0.commitPrepared($1) }
        case .rollBackActive(let number): await rollBackActive(number)
        case .rollBackPrepared(let number): await rollBackPrepared(number)
        default: nil
        }
    }

    private func prepare(_ number: UInt32) async -> CoordinatorInput {
        guard let hold = hold(number) else {
            return .prepareFailed(number, reason: "the branch is not in hand")
        }
        do {
            return .voted(number, try await hold.branch.prepare())
        } catch {
            return .prepareFailed(number, reason: shared.describe(error, in: hold.resource.name))
        }
    }

    private func commitOnePhase(
        _ number: UInt32, recordingOutcome: Bool
    ) async -> CoordinatorInput {
        guard let hold = hold(number) else {
            return .onePhaseLost(number, reason: "the branch is not in hand")
        }
        do {
            try await hold.branch.commitOnePhase(recordingOutcome: recordingOutcome)
            return .onePhase(number, .committed, reason: "")
        } catch ResourceError.rolledBack(let reason) {
            return .onePhase(
                number, .notCommitted, reason: "resource \(hold.resource.name): \(reason)")
        } catch {
            return .onePhaseLost(number, reason: shared.describe(error, in: hold.resource.name))
        }
    }

    private func askOutcome(_ number: UInt32) async -> CoordinatorInput {
        guard let (resource, xid) = target(number) else {
            return .onePhaseLost(number, reason: unknown(number))
        }
        do {
            let outcome = try await resource.outcome(of: xid)
            return .onePhase(
                number, outcome, reason: "resource \(resource.name) did not commit the branch")
        } catch {
            return .onePhaseLost(number, reason: shared.describe(error, in: resource.name))
        }
    }

    private func rollBackActive(_ number: UInt32) async -> CoordinatorInput {
        do {
            try await hold(number)?.branch.rollback()
        } catch {
            // Nothing is prepared: a branch that cannot be told dies with its connection.
            shared.log.logger.info(
                "an unprepared branch could not be told to roll back",
                metadata: shared.metadata(id, error))
        }
        return .finished(number)
    }

    private func rollBackPrepared(_ number: UInt32) async -> CoordinatorInput {
        try? await hold(number)?.branch.rollback()
        return await finish(number) { try await $0.rollbackPrepared($1) }
    }

    private func finish(
        _ number: UInt32,
        _ verb: (any TransactionResource, Xid) async throws -> Void
    ) async -> CoordinatorInput {
        guard let (resource, xid) = target(number) else {
            return .failed(number, reason: unknown(number))
        }
        do {
            try await verb(resource, xid)
            return .finished(number)
        } catch ResourceError.heuristic(let outcome, let reason) {
            return .heuristic(number, outcome, reason: "resource \(resource.name): \(reason)")
        } catch {
            let reason = shared.describe(error, in: resource.name)
            shared.log.logger.warning(
                "a branch could not be finished and will be tried again",
                metadata: shared.metadata(id, error))
            return .failed(number, reason: reason)
        }
    }

    // MARK: Records

    func write(
        _ step: TransactionRecord.Step, forced: Bool
    ) async -> CoordinatorInput {
        let record = state.withLock { state -> TransactionRecord in
            var outline = Outline()
            outline.branches = state.coordinator.references(for: step)
            if step == .intended { outline.asked = state.coordinator.asked }
            if step != .ended {
                outline.actions = state.cargo.actions
                outline.messages = state.cargo.messages
                outline.headers = state.cargo.headers
            }
            if step == .intended || step == .committed || step == .rolledBack,
                shared.log.mirrored != nil
            {
                outline.participants = state.coordinator.branches.map(\.resource)
            }
            return TransactionRecord(
                step, id, time: shared.log.journal.now(), outline: outline,
                reason: state.coordinator.reason)
        }
        do throws(RepriseError) {
            let lsn = try await append(record, forced: forced)
            state.withLock { $0.written = lsn }
            return .written(step)
        } catch {
            shared.log.logger.error(
                "a transaction's record could not be written", metadata: shared.metadata(id, error))
            return error.code == .outcomeUnknown
                ? .writeLost(step, reason: error.message)
                : .writeRefused(step, reason: error.message)
        }
    }

    private func append(
        _ record: TransactionRecord, forced: Bool
    ) async throws(RepriseError) -> LSN {
        let journal = shared.log.journal
        // An intent can still be given up; what follows from it must find room.
        let use: SpaceClass = record.step == .intended ? .normal : .reserve
        guard forced else { return try await journal.writeLazily(record, use: use) }
        let lsn = try await journal.writeDurably(record, use: use)
        if shared.options.acknowledgement == .mirrored, let mirrored = shared.log.mirrored {
            try await mirrored(lsn)
        }
        return lsn
    }

    /// Only when the log can do without it.
    private func forgetOutcome(_ number: UInt32) {
        guard let (resource, xid) = target(number) else { return }
        let written = state.withLock { $0.written }
        let log = shared.log.journal.log
        shared.later(after: 0) {
            log.flush()
            guard (try? await log.waitDurable(written)) != nil else { return }
            await resource.forgetOutcome(of: xid)
        }
    }

    // MARK: Branches

    private func hold(_ number: UInt32) -> BranchHold? {
        state.withLock { state in state.holds.first { $0.number == number } }
    }

    private func target(_ number: UInt32) -> (any TransactionResource, Xid)? {
        let name = state.withLock { state in
            state.coordinator.branches.first { $0.number == number }?.resource
        }
        guard let name, let resource = shared.resources[name] else { return nil }
        return (resource, shared.xid(id, number))
    }

    private func unknown(_ number: UInt32) -> String {
        "the resource of branch \(number) is not registered in this process"
    }
}
