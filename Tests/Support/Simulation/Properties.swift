/// What must hold in every schedule: the whole list. The checkers (`LogWatch`, `JournalWatch`,
/// `GroupWatch`, `Ledger`, `FinalCheck`) name the property that they saw broken.
///
/// What clocks promise. Within the allowance (no two machines differ by more), all of these hold.
/// With clocks that step further, a node and the group may both work on a session for a while:
/// `oneBeliever` is off, and so is `mirrored` for what a node then answers. The log decides by order
/// and token, and everything else holds all the same.
package enum Property: String, Sendable, CaseIterable {
    /// What was acknowledged `local` is in the node's journal after any crash; what was acknowledged
    /// `mirrored` is in the partition too, and the fold accepted it. A replayed journal is, byte for
    /// byte, a prefix of what was appended that reaches at least to the last acknowledged frame.
    case acknowledgedIsDurable
    /// A claim's own time is not before the due time that the log gives, and the clock of who hands
    /// a session out is not before it either.
    case neverEarly
    /// Of the outcomes written for one claim, at most one is accepted.
    case oneResultPerClaim
    /// A handler starts only on a claim that the log holds (durably) and accepted, once for each.
    case handedOutOnClaim
    /// When all is quiet, each session that was acknowledged as opened was completed, cancelled, or
    /// lies in the dead letters. Nothing waits for ever.
    case noSessionLost
    /// What Kafka needs of the journal reaches the partition: every event of a session of which it
    /// has anything, each first arrival counted, the end of a session it was told of among them.
    case mirrorIsFaithful
    /// opened = completed + cancelled + dead-lettered + handed over + alive, in every fold, always.
    case conservation
    /// An event with the token of an earlier claim, or of a claim that has its result, changes
    /// nothing; claims, marks and carried copies of anyone but the partition's owner neither.
    case staleChangesNothing
    /// Every fold of a log is the same: from its beginning, from a mark, from a checkpoint.
    case foldsAgree
    /// Claims of one kind are made by due time, then by order of scheduling: nothing that is due and
    /// comes first is passed over, but for the share that fresh work has beside a backlog.
    case orderOfHandOut
    /// Once a completion is accepted by the log, nothing more is accepted for the session. Once it
    /// was acknowledged the session is never handed out, unless a claim came to the log before it.
    case completeIsFinal
    /// Above the trimmed part of a log there is everything that a fold from there needs.
    case nothingNeededIsTrimmed
    /// A node accepts no write to a session which the group has claimed.
    case oneBeliever
    /// Faults of a kind that the design survives bring no damage report and no defect code.
    case survivesFaults
}

/// A property that did not hold, and how.
package struct Violation: Error, Sendable, CustomStringConvertible {
    package var property: Property
    package var detail: String

    package var description: String { "\(property.rawValue): \(detail)" }
}
