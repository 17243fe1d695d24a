internal import Transactions

/// What a search should come upon: one that meets no trouble proves nothing.
package enum Milestone: String, Sendable, CaseIterable {
    case toldCommitted
    case toldCommittedWithPending
    case toldRolledBack
    case toldInDoubt
    case crashAfterDecision
    case crashLosesRecords
    case recoveryCommits
    case recoveryAsks
    case recoveryRollsBack
    case sweptUp
    case adoptedWithoutCrash
    case strayPrepareIsOrphaned
    case strayCommitDecides
    case decisionWaitsForRoom
    case heuristicIsRecorded
    case carried
    case retired
    case takenOver
    /// From a process that is at it.
    case takenOverFromTheLiving
}

extension World {
    /// What this state, come to by `move`, is an example of.
    func milestones(_ move: Move, from before: World) -> [Milestone] {
        var found: [Milestone] = []
        if told != before.told {
            switch told {
            case .committed(let pending):
                found.append(pending.isEmpty ? .toldCommitted : .toldCommittedWithPending)
            case .rolledBack: found.append(.toldRolledBack)
            case .inDoubt: found.append(.toldInDoubt)
            case nil: break
            }
        }
        switch move {
        case .crash(let count):
            if isDecided { found.append(.crashAfterDecision) }
            if count < before.log.count { found.append(.crashLosesRecords) }
        case .sweep: found.append(.sweptUp)
        case .adopt: if !hasCrashed { found.append(.adoptedWithoutCrash) }
        case .stray(let place, true):
            let number = before.strays[place].number
            let state = branches[index(number)].state
            if state == .prepared, before.branches[index(number)].state == .active {
                found.append(.strayPrepareIsOrphaned)
            }
            if !before.isDecided, isDecided { found.append(.strayCommitDecides) }
        case .end(_, .refused):
            if isDecided { found.append(.decisionWaitsForRoom) }
        case .carry: found.append(.carried)
        case .retire: found.append(.retired)
        case .takeOver: found.append(hasCrashed ? .takenOver : .takenOverFromTheLiving)
        default: break
        }
        for case .call(let verb, _, .recovery) in tasks {
            switch verb {
            case .commitPrepared: found.append(.recoveryCommits)
            case .askOutcome: found.append(.recoveryAsks)
            case .rollBackPrepared: found.append(.recoveryRollsBack)
            default: break
            }
        }
        if table[Scenario.id]?.phase == .heuristic { found.append(.heuristicIsRecorded) }
        return found
    }
}
