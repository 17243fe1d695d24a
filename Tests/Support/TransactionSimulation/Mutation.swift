/// A defect put in on purpose, between the world and the shipping machine: proof that the search can
/// fail. Each must be found.
package enum Mutation: String, Sendable, CaseIterable {
    /// A commit that fails in phase two has the other branches rolled back.
    case rollsBackAfterDecision
    /// The decision is only in the buffer when the branches are told.
    case decisionNotForced
    /// The intent is only in the buffer when the branch to be asked commits.
    case intentNotForced
    /// A read-only vote counts as prepared.
    case forgetsReadOnly
    /// Recovery commits what it finds prepared.
    case presumesCommit
    /// Recovery reads decisions only.
    case ignoresIntents
    /// The record of an outcome goes before the log can do without it.
    case forgetsOutcomeEarly
    /// A one-phase commit leaves no record to ask for.
    case leavesNoRecord
    /// The answer to "what became of it?" is not final.
    case asksWithoutFinality
    /// A lost answer to a one-phase commit counts as no.
    case lostAnswerIsNo
    /// A caller hears "rolled back" when nobody knows.
    case tellsRolledBackInDoubt
    /// After the log failed the coordinator goes on as if nothing had been written.
    case goesOnAfterLogFailed
    /// Recovery rolls back what the foreground is about to commit.
    case sweepsLive
    /// Recovery takes up a transaction that the foreground is committing.
    case recoversLive
    /// The journal drops what the fold does not need, without regard to what is durable.
    case retiresEarly
    /// A transaction counts as finished before its last record is written.
    case finishesBeforeWriting
    /// The decision does not say what waits for it.
    case dropsCargo
    /// A branch that failed is not tried again.
    case stopsRetrying
    /// What a resource decided by itself counts as done.
    case hidesHeuristics
    /// Others read of a decision that is only in the buffer.
    case mirrorsWhatIsNotDurable
    /// Others take an intent for a decision.
    case takesIntentsOver
}
