// After the decision to commit: every branch is told until it has done it.

extension Coordinator {
    mutating func commitPrepared() -> [CoordinatorEffect] {
        if status != .committing { move(.committing) }
        var effects: [CoordinatorEffect] = []
        for branch in branches where branch.state == .prepared {
            set(branch.number, .committing)
            effects.append(.commitPrepared(branch.number))
        }
        return effects.isEmpty ? settleCommit() : effects
    }

    mutating func finished(_ number: UInt32) -> [CoordinatorEffect] {
        guard let index = index(number) else { return [] }
        switch branches[index].state {
        case .committing:
            set(number, .committed)
            return settleCommit()
        case .rollingBack:
            set(number, .rolledBack)
            return rollBackNext()
        default: return []
        }
    }

    mutating func failed(_ number: UInt32, _ reason: String) -> [CoordinatorEffect] {
        guard let index = index(number), !branches[index].isWaiting else { return [] }
        switch branches[index].state {
        case .committing:
            let later = retryLater(index)
            return settleCommit() + later
        case .rollingBack where !branches[index].isPrepared:
            // It dies with its connection.
            return finished(number)
        case .rollingBack:
            let later = retryLater(index)
            // The others must not wait for it.
            return rollBackNext() + later
        default: return []
        }
    }

    mutating func again(_ number: UInt32) -> [CoordinatorEffect] {
        guard let index = index(number), branches[index].isWaiting else { return [] }
        branches[index].isWaiting = false
        switch branches[index].state {
        case .asking: return [.askOutcome(number)]
        case .committing: return [.commitPrepared(number)]
        case .rollingBack: return [.rollBackPrepared(number)]
        case .committed, .heuristic:
            guard writing == .committed, asked == number else { return [] }
            return write(.committed, forced: false)
        default: return []
        }
    }

    mutating func heuristic(
        _ number: UInt32, _ outcome: BranchOutcome, _ reason: String
    ) -> [CoordinatorEffect] {
        guard let index = index(number) else { return [] }
        switch branches[index].state {
        case .committing:
            fail(reason)
            set(number, outcome == .committed ? .committed : .heuristic(outcome))
            return settleCommit()
        case .rollingBack:
            fail(reason)
            set(number, outcome == .notCommitted ? .rolledBack : .heuristic(outcome))
            return rollBackNext()
        default: return []
        }
    }

    mutating func giveUp(
        _ outcome: BranchOutcome, _ reason: String
    ) -> [CoordinatorEffect] {
        switch status {
        case .committing where decision == .committed:
            fail(reason)
            for branch in branches where branch.state == .committing {
                set(branch.number, .heuristic(outcome))
            }
            return settleCommit()
        case .committing:
            // In doubt: the operator's word stands for the answer of the branch that cannot be asked.
            guard let asked, index(asked).map({ branches[$0].state }) == .asking else { return [] }
            fail(reason)
            return decided(asked, outcome, .heuristic(outcome))
        case .rollingBack:
            for branch in branches where branch.state == .rollingBack && branch.isPrepared {
                set(branch.number, .heuristic(outcome))
            }
            return rollBackNext()
        default: return []
        }
    }

    /// Once every branch was told, the caller learns it; once every branch has done it, it ends.
    mutating func settleCommit() -> [CoordinatorEffect] {
        guard status == .committing, writing == nil else { return [] }
        let waiting = branches.filter { $0.state == .committing }
        guard waiting.allSatisfy({ $0.attempts > 0 }) else { return [] }
        let told = report(.committed(pending: waiting.map(\.resource)))
        guard waiting.isEmpty else { return told }
        move(.committed)
        var effects = told
        if branches.contains(where: { $0.isPrepared || $0.isHeuristic }) {
            effects.append(.write(.ended, forced: false))
        } else {
            effects += announceCommit()
        }
        // What an operator had to stand in for is evidence, and stays.
        if let asked, index(asked).map({ branches[$0].state }) == .committed {
            effects.append(.forgetOutcome(asked))
        }
        return effects + finish()
    }

    /// The record of a commit that was decided without one: only for those who want to be told.
    mutating func announceCommit() -> [CoordinatorEffect] {
        recordsCommit && !mustRecord && !branches.isEmpty
            ? [.write(.committed, forced: false)] : []
    }
}
