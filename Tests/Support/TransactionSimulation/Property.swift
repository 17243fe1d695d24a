/// What must hold: the whole list. `World` looks at each in every state that can be reached, or when
/// a verb is asked for, or where nothing is left to do.
package enum Property: String, Sendable, CaseIterable {
    /// No branch commits while another one of the transaction rolls back, but for what resources
    /// decided by themselves.
    case branchesAgree
    /// A branch commits only if that is decided, and rolls back only if it is not: by the record
    /// that is durable, or by the one branch that committed in one phase.
    case decisionIsKept
    /// No rollback verb is asked for after the decision to commit, neither by the foreground nor by
    /// recovery.
    case noRollbackAfterDecision
    /// No prepared branch is told to commit before the decision is durable, or the asked branch has
    /// committed.
    case noCommitBeforeDecision
    /// A branch whose read-only vote was heard is asked for nothing more.
    case readOnlyIsLeftAlone
    /// Sessions that wait for a commit begin if and only if it is decided, and once; those that wait
    /// for a rollback never begin after a commit and, where an intent has them, begin once.
    case cargoFollowsOutcome
    /// Who was told "committed" or "rolled back" was told what happened; who is alive is told.
    case callerHearsTheTruth
    /// A branch that ended otherwise than decided stands in the log until somebody has seen it.
    case heuristicsAreRecorded
    /// Foreground and recovery never both act on one transaction.
    case oneActs
    /// A resource's record of an outcome goes only when the log can do without it.
    case evidenceIsKept
    /// Left alone, everything comes to an end: no branch stays prepared, no transaction unfinished,
    /// and no state comes again.
    case everythingEnds
    /// Every record means something where it stands.
    case recordsMeanSomething
}

/// A property that did not hold, and how.
package struct Violation: Error, Sendable, CustomStringConvertible {
    package var property: Property
    package var detail: String

    package var description: String { "\(property.rawValue): \(detail)" }
}
