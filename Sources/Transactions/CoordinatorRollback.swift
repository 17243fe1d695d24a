// Rollback: one branch after the other, in reverse order of enlistment.

extension Coordinator {
    mutating func abandon(_ reason: String) -> [CoordinatorEffect] {
        switch status {
        case .active:
            fail(reason)
            return rollBack()
        case .preparing:
            // The votes come first.
            fail(reason)
            mustRollBack = true
            return settleVotes()
        default: return []
        }
    }

    mutating func rollBack() -> [CoordinatorEffect] {
        guard decision != .committed else { return [] }
        decision = .notCommitted
        move(.rollingBack)
        return rollBackNext()
    }

    /// One after the other, in reverse order of enlistment.
    mutating func rollBackNext() -> [CoordinatorEffect] {
        guard status == .rollingBack else { return [] }
        if branches.contains(where: { $0.state == .rollingBack && $0.attempts == 0 }) { return [] }
        let next = branches.last { branch in
            switch branch.state {
            case .active, .prepared: true
            default: false
            }
        }
        if let next {
            set(next.number, .rollingBack)
            return [next.isPrepared ? .rollBackPrepared(next.number) : .rollBackActive(next.number)]
        }
        var effects = report(.rolledBack(reason: reason))
        guard branches.allSatisfy(\.isFinished) else { return effects }
        if recordsRollback || hasOpenIntent || intentIsWritten
            || branches.contains(where: \.isHeuristic)
        {
            effects.append(.write(.rolledBack, forced: false))
        }
        move(.rolledBack)
        return effects + finish()
    }
}
