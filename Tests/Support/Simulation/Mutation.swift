/// A defect put in on purpose, between the simulator and the shipping machines: proof that the
/// checker can fail. Each must be caught within a few hundred schedules.
package enum Mutation: String, Sendable, CaseIterable {
    /// A node acknowledges what is only in its buffer.
    case acknowledgesBeforeDurable
    /// A disk says it has synced, and has not.
    case diskPretendsToSync
    /// A mirror that sends again says nothing of the place in the journal.
    case mirrorForgetsSequence
    /// A mirror counts as delivered what is only on its way.
    case mirrorTrustsTheWire
    /// A worker runs the handler when it has written a claim, without reading it back.
    case actsBeforeReadingBack
    /// A fold that takes a stale token for the current one.
    case foldWithoutTokens
    /// A fold that takes anybody's claim for the owner's.
    case foldWithoutOwners
    /// A worker commits the head of the partition instead of the low-water mark.
    case commitsTheHead
    /// A scheduler whose clock is ahead of the one that goes into its claims' checks.
    case claimsEarly
    /// A node that retires its journal without regard to what the mirror has sent.
    case retiresUnsent
    /// A node that goes on with a session past the lease that Kafka knows.
    case ignoresTheFence
    /// A worker that hands out the newest session first.
    case newestFirst
    /// A carried copy that does not say where its original began.
    case copyForgetsOrigin
}
