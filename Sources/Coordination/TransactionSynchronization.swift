public import Transactions

/// Callbacks around the end of a transaction, for caches and the like. They decide nothing.
public struct TransactionSynchronization: Sendable {
    /// Inside the transaction, after the last before-commit action. An error rolls it back. Not
    /// called when the transaction is rolled back.
    public var beforeCompletion: (@Sendable () async throws -> Void)?
    /// Once, whatever the outcome, before after-commit and after-rollback actions. `committing` is
    /// what a transaction in doubt stands at.
    public var afterCompletion: (@Sendable (TransactionStatus) async -> Void)?

    public init(
        beforeCompletion: (@Sendable () async throws -> Void)? = nil,
        afterCompletion: (@Sendable (TransactionStatus) async -> Void)? = nil
    ) {
        self.beforeCompletion = beforeCompletion
        self.afterCompletion = afterCompletion
    }
}
