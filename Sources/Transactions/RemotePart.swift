/// The part that a process has in another one's transaction, as that process names it: with the branches
/// that it has prepared for it, `Xid`s of this journal and transaction.
public struct RemotePart: Sendable, Hashable {
    /// The identity of the process's journal.
    public var journal: UInt64
    /// The part's own transaction there.
    public var transaction: TransactionID

    public init(journal: UInt64, transaction: TransactionID) {
        self.journal = journal
        self.transaction = transaction
    }

    /// Whether `xid` is a branch of this part.
    public func has(_ xid: Xid) -> Bool {
        xid.own.map { $0.journal == journal && $0.transaction == transaction } ?? false
    }
}
