internal import Journal
public import Model
internal import Platform
internal import Synchronization
internal import Traces
internal import Transactions

/// Runs work in transactions over several resources, so that all of it happens or none, whenever
/// which process dies.
///
/// ```swift
/// let result = try await transactions.run { transaction in
///     let from = try await transaction.enlist(accounts)
///     let to = try await transaction.enlist(ledger)
///     try await from.query("UPDATE account SET balance = balance - $1 WHERE id = $2", [sum, a])
///     try await to.query("INSERT INTO entry (account, sum) VALUES ($1, $2)", [b, sum])
///     try transaction.afterCommit(welcome, payload)
/// }
/// ```
///
/// The decision of a transaction over several resources is one forced write to the node's journal.
/// "Transactions" in the documentation says what is promised.
public final class TransactionManager: Sendable {
    let shared: SharedCoordination

    package init(
        log: CoordinationLog, resources: ResourceRegistry, options: TransactionOptions
    ) {
        shared = SharedCoordination(log: log, resources: resources, options: options)
    }

    /// The transaction that this task is in; nil outside, and where it is suspended.
    public static var current: Transaction? { TransactionScope.current.transaction }

    /// The transaction that this task is in.
    ///
    /// - Throws: `noTransaction` outside of one.
    public static func required() throws(RepriseError) -> Transaction {
        guard let current else {
            throw RepriseError(.noTransaction, "There is no transaction here. Call it in run { }.")
        }
        return current
    }

    /// Whether this task must not write; false outside of a transaction.
    public static var isReadOnly: Bool { TransactionScope.current.isReadOnly }

    // MARK: Running

    /// Runs `body` in the current transaction, or in one of its own, which is committed when `body`
    /// returns and rolled back when it throws.
    ///
    /// - Parameters:
    ///   - readOnly: nil takes what the current transaction is; false without one.
    ///   - timeout: how long a transaction of its own may be active, at most 24 h; nil takes the
    ///     manager's. Then it can only be rolled back, and calls in its branches are interrupted.
    /// - Throws: what `body` throws, after the rollback; `transactionRolledBack` where the commit
    ///   came to nothing; `transactionInDoubt` where nobody knows; `transactionTimeout`,
    ///   `transactionReadOnly`, `transactionNesting`, `transactionRounds`; `transactionNotActive`
    ///   where the current transaction has ended, which a task that outlives it still sees.
    public func run<Result>(
        readOnly: Bool? = nil, timeout: Duration? = nil,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        if let current = TransactionManager.current {
            return try await join(current, readOnly: readOnly) { try await body(current) }
        }
        return try await begin(readOnly: readOnly, timeout: timeout, body)
    }

    /// As `run`, always in a transaction of its own: the current one is suspended meanwhile, and the
    /// outcome of one is nothing to the other, nor whether it is read-only.
    public func runNew<Result>(
        readOnly: Bool? = nil, timeout: Duration? = nil,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await begin(readOnly: readOnly, timeout: timeout, body)
    }

    /// As `run`, for work that does not name its transaction, under any policy.
    public func run<Result>(
        _ policy: TransactionPolicy = .required, readOnly: Bool? = nil, timeout: Duration? = nil,
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws -> Result {
        switch (policy, TransactionManager.current) {
        case (.required, let current?), (.supports, let current?):
            return try await join(current, readOnly: readOnly, body)
        case (.required, nil), (.requiresNew, _):
            return try await begin(readOnly: readOnly, timeout: timeout) { _ in try await body() }
        case (.supports, nil): return try await body()
        case (.notSupported, _):
            var scope = TransactionScope.current
            scope.inherited = scope.context
            scope.transaction = nil
            scope.isReadOnly = false
            return try await TransactionScope.$current.withValue(scope, operation: body)
        }
    }

    private func join<Result>(
        _ current: Transaction, readOnly: Bool?, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try current.checkOpen()
        var scope = TransactionScope.current
        if readOnly == false, scope.isReadOnly { throw TransactionManager.readOnly(current.id) }
        scope.isReadOnly = readOnly ?? scope.isReadOnly
        return try await TransactionScope.$current.withValue(scope, operation: body)
    }

    private func begin<Result>(
        readOnly: Bool?, timeout: Duration?, isolation: isolated (any Actor)? = #isolation,
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        let outer = TransactionScope.current
        guard outer.depth <= shared.options.maxNesting else {
            throw RepriseError(
                .transactionNesting,
                "After-commit work runs transactions \(outer.depth) levels deep; "
                    + "\(shared.options.maxNesting) is the limit.")
        }
        let given = timeout?.roundedUpMilliseconds ?? shared.options.timeout
        let limit = min(max(given, 0), TransactionOptions.maxTimeout)
        let transaction = Transaction(
            id: shared.log.newTransaction(), isReadOnly: readOnly ?? false,
            deadline: shared.monotonic() + limit, shared: shared, headers: outer.context,
            span: Spans.found?.start(.transaction))
        let scope = TransactionScope(
            transaction: transaction, isReadOnly: transaction.isReadOnly, depth: outer.depth)
        let result: Result
        do {
            result = try await TransactionScope.$current.withValue(scope) {
                try await within(transaction.span) {
                    let result = try await body(transaction)
                    try await transaction.beforeCompletion()
                    return result
                }
            }
        } catch {
            await transaction.end(error, outer)
            throw transaction.told(error)
        }
        await transaction.end(nil, outer)
        try transaction.throwUnlessCommitted()
        return result
    }

    static func readOnly(_ id: TransactionID) -> RepriseError {
        RepriseError(
            .transactionReadOnly,
            "Transaction \(id) is read-only: nothing may be written in it.")
    }
}
