internal import Journal
internal import Logging
internal import Model
internal import Platform
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
        /// What prepared branches are in other processes, by the branches' numbers.
        var remoteParts: [UInt32: RemotePart] = [:]
        /// Why the last try of a branch failed, by the branch's number.
        var troubles: [UInt32: RepriseError] = [:]
        /// The branch that stands for who decides, in a part of another process's transaction.
        var superior: BranchReference?
        /// Nothing will follow.
        var hasFinished = false
    }

    let id: TransactionID
    let state: Mutex<State>
    let shared: SharedCoordination
    /// An earlier process left it.
    let isRecovered: Bool

    init(_ coordinator: Coordinator, shared: SharedCoordination) {
        id = coordinator.id
        self.shared = shared
        isRecovered = false
        state = Mutex(State(coordinator: coordinator))
    }

    /// Takes up what the log has.
    init(recovering live: LiveTransaction, shared: SharedCoordination) {
        id = live.id
        self.shared = shared
        isRecovered = true
        let coordinator = Coordinator(recovering: live) { shared.resources[$0]?.abilities }
        var state = State(coordinator: coordinator)
        state.cargo.actions = live.outline.actions
        state.cargo.messages = live.outline.messages
        state.cargo.headers = live.outline.headers
        state.cargo.finish = live.outline.finish
        state.superior = live.outline.branches.first { $0.superior != nil }
        for branch in live.outline.branches { state.remoteParts[branch.number] = branch.part }
        self.state = Mutex(state)
    }

    var status: TransactionStatus { state.withLock { $0.coordinator.status } }
    var report: TransactionReport? { state.withLock { $0.report } }
    var hasFinished: Bool { state.withLock { $0.hasFinished } }

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
    ///
    /// - Parameter shielded: keep the cancellation of the caller from the resources.
    func drive(_ input: CoordinatorInput, shielded: Bool = false) async {
        await perform(state.withLock { $0.coordinator.handle(input) }, shielded: shielded)
    }

    /// An operator's word. False where no branch was waiting for one.
    func giveUp(_ outcome: BranchOutcome, reason: String) async -> Bool {
        let (effects, isTaken) = state.withLock { state in
            let before = state.coordinator.branches
            let effects = state.coordinator.handle(.giveUp(outcome, reason: reason))
            return (effects, state.coordinator.branches != before)
        }
        await perform(effects)
        return isTaken
    }

    func resume() async {
        await perform(state.withLock { $0.coordinator.resume() })
    }

    /// Ends the waiting for votes with a refusal, once the last of them is there.
    func refuse(_ reason: String) {
        let effects = state.withLock { state in
            state.coordinator.status == .preparing
                ? state.coordinator.handle(.rollBack(reason: reason)) : []
        }
        if !effects.isEmpty { shared.later(after: 0) { await self.perform(effects) } }
    }

    /// Has calls that are under way in branches fail soon.
    func interrupt() {
        for hold in state.withLock({ $0.holds }) { hold.branch.interrupt() }
    }

    /// What has to be waited for, and whether the transaction is over then.
    private struct Call {
        var effect: CoordinatorEffect
        var isLast: Bool
    }

    private func perform(_ effects: [CoordinatorEffect], shielded: Bool = false) async {
        var next = begin(effects)
        while !next.isEmpty {
            let calls = next
            if shielded && !isOnlyForced(calls) {
                next = await shieldedFromCancellation { await self.perform(calls) }
            } else {
                next = await perform(calls)
            }
        }
    }

    /// A write to the log here knows nothing of cancellation: to wait for it in a task of its own would
    /// cost another change of threads on the way that every caller waits for.
    private func isOnlyForced(_ calls: [Call]) -> Bool {
        guard calls.count == 1, case .write = calls[0].effect else { return false }
        return shared.options.acknowledgement == .local
    }

    /// Gives what follows.
    private func perform(_ calls: [Call]) async -> [Call] {
        calls.count == 1 ? await follow(calls[0]) : await performTogether(calls)
    }

    private func follow(_ call: Call) async -> [Call] {
        guard let input = await answer(call) else { return [] }
        return begin(state.withLock { $0.coordinator.handle(input) })
    }

    /// Calls go out at the same time; what follows from an answer follows at once. Gives what follows
    /// from the last one: what has nobody beside it needs no task of its own.
    private func performTogether(_ calls: [Call]) async -> [Call] {
        await withTaskGroup(of: CoordinatorInput?.self) { group in
            for call in calls { group.addAtOnce { await self.answer(call) } }
            var waiting = calls.count
            while let input = await group.next() {
                waiting -= 1
                guard let input else { continue }
                let next = self.begin(self.state.withLock { $0.coordinator.handle(input) })
                if waiting == 0 { return next }
                waiting += next.count
                for call in next { group.addAtOnce { await self.answer(call) } }
            }
            return []
        }
    }

    private func answer(_ call: Call) async -> CoordinatorInput? {
        let input = await self.call(call.effect)
        if call.isLast { noteFinished() }
        return input
    }

    /// Does what needs no waiting, and gives the rest. What comes with the end comes before it: from
    /// then on recovery may take the transaction up.
    private func begin(_ effects: [CoordinatorEffect]) -> [Call] {
        var calls: [Call] = []
        var isOver = false
        for effect in effects {
            if case .finished = effect {
                isOver = true
            } else if !noted(effect) {
                calls.append(Call(effect: effect, isLast: false))
            }
        }
        guard isOver else { return calls }
        if calls.isEmpty {
            noteFinished()
        } else {
            calls[calls.count - 1].isLast = true
        }
        return calls
    }

    private func noteFinished() {
        state.withLock { $0.hasFinished = true }
        shared.finished(self)
    }

    /// Does what needs no waiting; false for the rest.
    private func noted(_ effect: CoordinatorEffect) -> Bool {
        switch effect {
        case .report(let report):
            state.withLock { $0.report = report }
            shared.note(report)
        case .retryLater(let number, let attempts):
            shared.later(after: shared.delay(attempts)) { await self.drive(.retry(number)) }
        case .forgetOutcome(let number):
            forgetOutcome(number)
        default: return false
        }
        return true
    }
}
