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
    func drive(_ input: CoordinatorInput) async {
        await perform(state.withLock { $0.coordinator.handle(input) })
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

    private func perform(_ effects: [CoordinatorEffect]) async {
        var calls = begin(effects)
        while let call = calls.first {
            guard calls.count == 1 else { return await performTogether(calls) }
            guard let input = await answer(call) else { return }
            calls = begin(state.withLock { $0.coordinator.handle(input) })
        }
    }

    /// Calls go out at the same time; what follows from an answer follows at once.
    private func performTogether(_ calls: [Call]) async {
        await withTaskGroup(of: CoordinatorInput?.self) { group in
            for call in calls { group.addTask { await self.answer(call) } }
            for await input in group {
                guard let input else { continue }
                let next = self.state.withLock { $0.coordinator.handle(input) }
                for call in self.begin(next) { group.addTask { await self.answer(call) } }
            }
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
        var calls = effects.filter { $0 != .finished && !noted($0) }
            .map { Call(effect: $0, isLast: false) }
        guard effects.contains(.finished) else { return calls }
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
