/// How one branch stands, as its coordinator sees it.
public struct Participation: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        /// In the hands of the process that works in it.
        case active
        case preparing
        case prepared
        /// It had nothing to commit and has ended.
        case readOnly
        /// Committing in one phase; the answer decides.
        case committingOnePhase
        /// The answer was lost: it will be asked.
        case asking
        /// Prepared, and told to commit.
        case committing
        case committed
        case rollingBack
        case rolledBack
        /// Finished the other way than decided, or an operator's word stands for it.
        case heuristic(BranchOutcome)
    }

    /// Its place in the order of enlistment, from 1.
    public var number: UInt32
    public var resource: String
    public var abilities: ResourceAbilities
    public var state: State
    /// Failed tries of the verb that it is in.
    public var attempts: UInt32 = 0
    /// The last try failed, and the time of the next has not come.
    var isWaiting = false
    /// It is (or may be) prepared, so rolling it back is a matter of the resource.
    var isPrepared = false

    var isHeuristic: Bool {
        if case .heuristic = state { true } else { false }
    }

    var isFinished: Bool {
        switch state {
        case .readOnly, .committed, .rolledBack, .heuristic: true
        default: false
        }
    }
}
