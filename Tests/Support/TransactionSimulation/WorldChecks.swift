internal import Transactions

extension World {
    /// Looks at every state.
    mutating func check() {
        let decided = isDecided
        var hasCommitted = false
        var hasRolledBack = false
        for (place, branch) in branches.enumerated() where branch.heuristic == nil {
            switch branch.state {
            case .committed:
                hasCommitted = true
                if !decided { violate(.decisionIsKept, "branch \(place + 1) committed") }
            case .rolledBack:
                hasRolledBack = true
                if decided { violate(.decisionIsKept, "branch \(place + 1) rolled back") }
            default: break
            }
        }
        if hasCommitted, hasRolledBack { violate(.branchesAgree, "some did, some did not") }
        if foreground != nil, recovery != nil { violate(.oneActs, "both are at it") }
        if case .rolledBack = told, decided {
            violate(.callerHearsTheTruth, "told rolled back, and it was committed")
        }
        checkCargo(decided)
    }

    private mutating func checkCargo(_ decided: Bool) {
        // A decision in the buffer is that of the branch that was asked, or is waited for.
        if begunOnCommit > 0, !decided { violate(.cargoFollowsOutcome, "begun without a commit") }
        if begunOnCommit > 1 || begunOnRollback > 1 {
            violate(.cargoFollowsOutcome, "begun twice")
        }
        if begunOnRollback > 0, decided {
            violate(.cargoFollowsOutcome, "what waits for a rollback began after a commit")
        }
    }

    /// Looks at a state in which nothing can happen any more, unless something goes wrong.
    mutating func checkEnd() {
        let decided = isDecided
        if isLive || !tasks.isEmpty { violate(.everythingEnds, "somebody waits for ever") }
        if let live = table[Scenario.id], live.phase != .heuristic {
            violate(.everythingEnds, "the log has it as \(live.phase)")
        }
        for (place, branch) in branches.enumerated() {
            switch branch.state {
            case .prepared, .active:
                violate(.everythingEnds, "branch \(place + 1) is \(branch.state) for ever")
            case .rolledBack where branch.heuristic == nil && decided:
                violate(.decisionIsKept, "branch \(place + 1) is not committed")
            default: break
            }
            checkHeuristic(UInt32(place + 1), branch, decided)
        }
        if scenario.hasCargo {
            let wanted = decided ? 1 : 0
            if begunOnCommit != wanted {
                violate(.cargoFollowsOutcome, "begun \(begunOnCommit) times")
            }
            // Only an intent brings them through a crash.
            if scenario.beginsWithIntent, !hasCrashed || !log.isEmpty, !decided,
                begunOnRollback != 1
            {
                violate(.cargoFollowsOutcome, "begun \(begunOnRollback) times after a rollback")
            }
        }
        if told == nil, !hasCrashed { violate(.callerHearsTheTruth, "never told") }
        if case .committed = told, !decided, !isTrivial {
            violate(.callerHearsTheTruth, "told committed, and it is not")
        }
    }

    private mutating func checkHeuristic(
        _ number: UInt32, _ branch: SimulatedBranch, _ decided: Bool
    ) {
        guard let outcome = branch.heuristic, (outcome == .committed) != decided else { return }
        let isRecorded =
            table[Scenario.id]?.outline.branches.contains {
                $0.number == number && $0.heuristic == outcome
            } ?? false
        if !isRecorded { violate(.heuristicsAreRecorded, "branch \(number)") }
    }
}
