public import Transactions

/// How a coordinator reaches one participant: the verbs of `TransactionParticipants` in another process.
///
/// Errors arrive as the participant threw them (`RepriseError`, `ResourceError.heuristic`); whatever
/// else is thrown means that no answer came.
public protocol ParticipantLink: Sendable {
    func prepare(_ xid: Xid, part: TransactionID?) async throws -> Vote
    func commitOnePhase(_ xid: Xid, part: TransactionID?) async throws
    func commit(_ xid: Xid) async throws
    func rollBack(_ xid: Xid) async throws
    /// The transaction was read-only and is over. Best effort.
    func end(_ xid: Xid) async
    /// A page of prepared branches, in the order of their text and behind `last`; empty where there
    /// are none.
    func prepared(after last: String) async throws -> [Xid]
}
