public import Model
internal import Transactions

// For code that runs in and outside of transactions: what waits for the end where there is one happens
// at once where there is none.

extension TransactionManager {
    /// Runs `action` after the current transaction has been committed, as `Transaction.afterCommit`.
    /// Outside of one it runs before the call returns.
    ///
    /// - Throws: `transactionNotActive`; outside of a transaction what `action` throws.
    public static func afterCommit(
        order: Int = 0, _ action: @escaping @Sendable () async throws -> Void
    ) async throws {
        guard let current else { return try await action() }
        try current.afterCommit(order: order, action)
    }

    /// Runs `action` after the current transaction has been rolled back, as
    /// `Transaction.afterRollback`. Outside of one it never runs.
    ///
    /// - Throws: `transactionNotActive`.
    public static func afterRollback(
        order: Int = 0, _ action: @escaping @Sendable () async throws -> Void
    ) throws(RepriseError) {
        try current?.afterRollback(order: order, action)
    }

    /// Adds `element` to what `collector` gathers in the current transaction. Outside of one it is
    /// processed alone before the call returns.
    ///
    /// - Throws: as `Transaction.collect`; outside of a transaction what the collector throws.
    public static func collect<Element>(
        _ element: Element, into collector: Collector<Element>
    ) async throws {
        guard let current else { return try await collector.process([element]) }
        try current.collect(element, into: collector)
    }

    /// A session of `kind` begins if and only if the current transaction commits, as
    /// `Transaction.afterCommit`. Outside of one it begins at once, and is durable when the call
    /// returns.
    ///
    /// - Returns: the id of the session.
    /// - Throws: `unknownKind`, `tooLarge`, `transactionReadOnly`, `transactionNotActive`; outside of a
    ///   transaction also what keeps one from committing.
    @discardableResult
    public func afterCommit(
        _ kind: Kind, _ payload: [UInt8]? = nil, headers: [Header] = [], order: Int = 0
    ) async throws -> SessionID {
        if let current = TransactionManager.current {
            return try current.afterCommit(kind, payload, headers: headers, order: order)
        }
        return try await runNew { try $0.afterCommit(kind, payload, headers: headers) }
    }
}
