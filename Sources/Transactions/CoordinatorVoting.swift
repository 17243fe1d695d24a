// Until the decision: votes, the forced write, and the one branch that may decide by itself.

extension Coordinator {
    mutating func begin() -> [CoordinatorEffect] {
        guard status == .active else { return [] }
        if branches.isEmpty { return decideAlone() }
        let last = branches.first { !$0.abilities.prepares }
        if branches.count == 1, let only = branches.first {
            if !mustRecord { return commitOnePhase(only.number) }
            if only.abilities.recordsOutcome { return askLater(only.number) }
        }
        if let last, !last.abilities.recordsOutcome {
            return abandon("resource \(last.resource) cannot tell its outcome after a crash")
        }
        move(.preparing)
        var effects: [CoordinatorEffect] = []
        for branch in branches where branch.number != last?.number {
            set(branch.number, .preparing)
            effects.append(.prepare(branch.number))
        }
        return effects.isEmpty ? allVoted() : effects
    }

    /// No branches: what waits for the outcome is all there is.
    mutating func decideAlone() -> [CoordinatorEffect] {
        guard mustRecord else {
            move(.committed)
            decision = .committed
            return report(.committed(pending: [])) + finish()
        }
        move(.committing)
        return write(.committed, forced: true)
    }

    mutating func commitOnePhase(_ number: UInt32) -> [CoordinatorEffect] {
        move(.committing)
        set(number, .committingOnePhase)
        return [.commitOnePhase(number, recordingOutcome: asked == number)]
    }

    /// The intent goes to disk, then the branch commits and leaves a record of it.
    mutating func askLater(_ number: UInt32) -> [CoordinatorEffect] {
        asked = number
        move(.committing)
        return write(.intended, forced: true)
    }

    mutating func write(
        _ step: TransactionRecord.Step, forced: Bool
    ) -> [CoordinatorEffect] {
        writing = step
        return [.write(step, forced: forced)]
    }

    mutating func voted(_ number: UInt32, _ vote: Vote) -> [CoordinatorEffect] {
        guard let index = index(number), branches[index].state == .preparing else { return [] }
        set(number, vote == .prepared ? .prepared : .readOnly)
        return settleVotes()
    }

    mutating func prepareFailed(
        _ number: UInt32, _ reason: String
    ) -> [CoordinatorEffect] {
        guard let index = index(number), branches[index].state == .preparing else { return [] }
        fail(reason)
        mustRollBack = true
        set(number, .active)
        // The answer may have been lost on the way.
        branches[index].isPrepared = true
        return settleVotes()
    }

    /// Nothing goes on before every answer is there: a rollback must not overtake a prepare.
    mutating func settleVotes() -> [CoordinatorEffect] {
        guard status == .preparing, !branches.contains(where: { $0.state == .preparing }) else {
            return []
        }
        return mustRollBack ? rollBack() : allVoted()
    }

    mutating func allVoted() -> [CoordinatorEffect] {
        let last = branches.first { $0.state == .active }
        let isPrepared = branches.contains { $0.state == .prepared }
        if let last {
            move(.prepared)
            return isPrepared || mustRecord ? askLater(last.number) : commitOnePhase(last.number)
        }
        if !isPrepared, !mustRecord {
            move(.committed)
            decision = .committed
            return report(.committed(pending: [])) + announceCommit() + finish()
        }
        move(.prepared)
        move(.committing)
        return write(.committed, forced: true)
    }

    mutating func written(_ step: TransactionRecord.Step) -> [CoordinatorEffect] {
        // Written by the driver when the transaction began.
        if step == .intended, status == .active { intentIsWritten = true }
        guard writing == step else { return [] }
        writing = nil
        switch step {
        case .intended:
            intentIsWritten = true
            guard let asked else { return [] }
            return commitOnePhase(asked)
        case .committed:
            decision = .committed
            return commitPrepared()
        default: return []
        }
    }

    mutating func writeRefused(
        _ step: TransactionRecord.Step, _ reason: String
    ) -> [CoordinatorEffect] {
        guard writing == step else { return [] }
        if decision == .committed, let asked, let index = index(asked) {
            guard !branches[index].isWaiting else { return [] }
            // The asked branch has decided, so it has to be written sooner or later.
            return report(.committed(pending: [])) + retryLater(index)
        }
        writing = nil
        fail(reason)
        guard step == .intended || step == .committed else { return [] }
        asked = nil
        return rollBack()
    }

    /// The log failed: no verb may follow, and the next start finds out.
    mutating func writeLost(
        _ step: TransactionRecord.Step, _ reason: String
    ) -> [CoordinatorEffect] {
        guard writing == step else { return [] }
        let known: TransactionReport =
            decision == .committed ? .committed(pending: []) : .inDoubt(reason: reason)
        return report(known) + finish()
    }

    mutating func onePhase(
        _ number: UInt32, _ outcome: BranchOutcome, _ reason: String
    ) -> [CoordinatorEffect] {
        guard let index = index(number),
            branches[index].state == .committingOnePhase || branches[index].state == .asking
        else { return [] }
        return decided(
            number, outcome, outcome == .committed ? .committed : .rolledBack, reason)
    }

    /// The branch whose own outcome decides has ended in `state`.
    mutating func decided(
        _ number: UInt32, _ outcome: BranchOutcome, _ state: Participation.State,
        _ reason: String = ""
    ) -> [CoordinatorEffect] {
        set(number, state)
        switch outcome {
        case .committed:
            decision = .committed
            // In the log's order before what it sets free; the intent says the rest after a crash.
            if intentIsWritten { return write(.committed, forced: false) }
            return commitPrepared()
        case .notCommitted:
            fail(reason)
            return rollBack()
        }
    }

    mutating func onePhaseLost(
        _ number: UInt32, _ reason: String
    ) -> [CoordinatorEffect] {
        guard let index = index(number) else { return [] }
        switch branches[index].state {
        case .committingOnePhase:
            guard asked == number else {
                // No record was left to ask for.
                fail(reason)
                return report(.inDoubt(reason: reason)) + finish()
            }
            set(number, .asking)
            return [.askOutcome(number)]
        case .asking where !branches[index].isWaiting:
            return report(.inDoubt(reason: reason)) + retryLater(index)
        default: return []
        }
    }
}
