internal import Transactions

/// A branch in a resource of its own, as the resource sees it.
struct SimulatedBranch: Hashable {
    enum State: UInt8, Hashable {
        case active
        case prepared
        case committed
        case rolledBack
        case readOnly
    }

    var state = State.active
    var isReadOnly = false
    var isDown = false
    /// The record that a one-phase commit left.
    var hasRecord = false
    /// It was said that the branch will never commit.
    var isRefused = false
    /// It committed in one phase, whatever is left of that.
    var committedAlone = false
    /// What the resource did by itself, and has not been told as well.
    var heuristic: BranchOutcome?

    /// The resource shows it to whoever asks for prepared branches.
    var isListed: Bool { state == .prepared || heuristic != nil }

    /// What a verb finds out.
    enum Answer {
        case voted(Vote)
        case outcome(BranchOutcome)
        case finished
        case heuristic(BranchOutcome)
        case unknown
    }

    mutating func take(_ verb: Verb, mutation: Mutation?) -> Answer {
        switch verb {
        case .prepare:
            guard state == .active else { return .unknown }
            state = isReadOnly ? .readOnly : .prepared
            return .voted(isReadOnly ? .readOnly : .prepared)
        case .commitOnePhase(let recording):
            guard state == .active, !isRefused else { return .outcome(.notCommitted) }
            state = .committed
            committedAlone = true
            hasRecord = recording && mutation != .leavesNoRecord
            return .outcome(.committed)
        case .askOutcome:
            if hasRecord { return .outcome(.committed) }
            if mutation != .asksWithoutFinality {
                isRefused = true
                if state == .active { state = .rolledBack }
            }
            return .outcome(.notCommitted)
        case .commitPrepared: return finish(.committed)
        case .rollBackPrepared: return finish(.notCommitted)
        case .letGoAndRollBack:
            if state == .active { state = .rolledBack }
            return finish(.notCommitted)
        case .rollBackActive:
            if state == .active { state = .rolledBack }
            return .finished
        }
    }

    private mutating func finish(_ outcome: BranchOutcome) -> Answer {
        if let heuristic, heuristic != outcome { return .heuristic(heuristic) }
        heuristic = nil
        if state == .prepared { state = outcome == .committed ? .committed : .rolledBack }
        return .finished
    }
}

/// What can be asked of a branch over the network.
enum Verb: Hashable {
    case prepare
    case commitOnePhase(recording: Bool)
    case askOutcome
    case commitPrepared
    case rollBackActive
    /// What the foreground does: first what it has in hand, then the resource.
    case letGoAndRollBack
    case rollBackPrepared
}
