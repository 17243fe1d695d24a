public import Model
public import Reprise

/// What the HTTP API asks of a node's transactions.
public protocol TransactionStore: Sendable {
    /// What somebody should look at first.
    func page(
        limit: Int, after: TransactionCursor?
    ) async throws(RepriseError) -> TransactionPage
    func show(_ id: TransactionID) async throws(RepriseError) -> TransactionView
    /// Durable when it returns.
    func resolve(
        _ id: TransactionID, _ outcome: BranchOutcome, reason: String
    ) async throws(RepriseError)
    /// Durable when it returns.
    func forget(_ id: TransactionID, unchecked: Bool) async throws(RepriseError)
}

/// A node's.
struct NodeTransactions: TransactionStore {
    let manager: TransactionManager

    func page(limit: Int, after: TransactionCursor?) async throws(RepriseError) -> TransactionPage {
        manager.page(limit: limit, after: after)
    }

    func show(_ id: TransactionID) async throws(RepriseError) -> TransactionView {
        try manager.show(id)
    }

    func resolve(
        _ id: TransactionID, _ outcome: BranchOutcome, reason: String
    ) async throws(RepriseError) {
        try await manager.resolve(id, outcome, reason: reason)
    }

    func forget(_ id: TransactionID, unchecked: Bool) async throws(RepriseError) {
        try await manager.forget(id, unchecked: unchecked)
    }
}

extension SessionStore {
    /// Nil where transactions are somebody else's, as on a worker.
    public var transactions: (any TransactionStore)? { nil }
    public var participation: TransactionManager? { nil }
}

extension NodeStore {
    public var transactions: (any TransactionStore)? {
        NodeTransactions(manager: node.transactions)
    }

    public var participation: TransactionManager? { node.transactions }
}
