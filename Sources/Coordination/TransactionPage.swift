internal import Transactions

/// A page of `TransactionManager.page`.
public struct TransactionPage: Sendable, Hashable {
    public var transactions: [TransactionView]
    /// Where the next page begins; nil on the last.
    public var next: TransactionCursor?

    public init(transactions: [TransactionView], next: TransactionCursor? = nil) {
        self.transactions = transactions
        self.next = next
    }
}

/// A place in the list of transactions: the part of it, and the last id seen there.
public struct TransactionCursor: Sendable, Hashable, Comparable {
    private let rank: Int
    private let id: TransactionID

    init(rank: Int, id: TransactionID) {
        self.rank = rank
        self.id = id
    }

    /// Reads `description`; nil where it is none.
    public init?(text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let rank = Int(parts[0]), (0...1).contains(rank),
            let id = TransactionID(text: parts[1])
        else { return nil }
        self.init(rank: rank, id: id)
    }

    public static func < (left: TransactionCursor, right: TransactionCursor) -> Bool {
        (left.rank, left.id) < (right.rank, right.id)
    }
}

extension TransactionCursor: CustomStringConvertible {
    public var description: String { "\(rank).\(id)" }
}

extension TransactionView {
    /// The place of this one.
    public var cursor: TransactionCursor { TransactionCursor(rank: standing.rank, id: id) }
}
