public import Transactions

/// How a coordinator reaches one participant: the verbs of `TransactionParticipants` in another process.
///
/// Errors arrive as the participant threw them (`RepriseError`, `ResourceError.heuristic`); whatever
/// else is thrown means that no answer came.
public protocol ParticipantLink: Sendable {
    func prepare(_ xid: Xid, part: TransactionID?) async throws -> PartVote
    func commitOnePhase(_ xid: Xid, part: TransactionID?) async throws
    /// - Parameter part: as the vote named it; nil where it named none.
    func commit(_ xid: Xid, part: RemotePart?) async throws
    func rollBack(_ xid: Xid) async throws
    /// The transaction was read-only and is over. Best effort.
    func end(_ xid: Xid) async
    /// A page of prepared branches, in the order of their text and behind `last`; empty where there
    /// are none.
    func prepared(after last: String) async throws -> [Xid]
}

/// What a part answers to `prepare`.
public struct PartVote: Sendable, Hashable {
    public var vote: Vote
    /// What is prepared: kept with the decision, and given to `commit`. Nil from a process that does not
    /// say.
    public var part: RemotePart?

    public init(_ vote: Vote, part: RemotePart?) {
        self.vote = vote
        self.part = part
    }
}
