public import Model
internal import Synchronization
internal import Traces
public import Transactions

/// A transaction in the process that coordinates it. Made by `TransactionManager.run`; may be used
/// from every task that inherits it until the body of `run` has returned.
public final class Transaction: Sendable {
    typealias Action = @Sendable () async throws -> Void

    struct State: Sendable {
        var holds = BranchHolds()
        var nextBranch: UInt32 = 1
        var beforeCommit = ActionList<Action>()
        var afterCommit = ActionList<Action>()
        var afterRollback = ActionList<Action>()
        var synchronizations: [TransactionSynchronization] = []
        var values: [ContextName: any Sendable] = [:]
        var collectors: [String: any AnyCollection] = [:]
        var cargo = Cargo()
        /// Why the transaction must not commit.
        var rollbackOnly: RepriseError?
        /// The body has returned: nothing of it may come any more.
        var isSealed = false
        var isListed = false
    }

    public let id: TransactionID
    /// The transaction as a whole may not write.
    public let isReadOnly: Bool
    /// Monotonic, in milliseconds.
    let deadline: Milliseconds
    let shared: SharedCoordination
    let driver: CoordinatorDriver
    let state = Mutex(State())
    /// From the beginning to the end; nil without a tracer.
    let span: OpenSpan?
    /// The same as headers, for what begins because of the transaction.
    let trace: [Header]

    init(
        id: TransactionID, isReadOnly: Bool, deadline: Milliseconds, shared: SharedCoordination,
        headers: [Header] = [], span: OpenSpan? = nil
    ) {
        self.id = id
        self.isReadOnly = isReadOnly
        self.deadline = deadline
        self.shared = shared
        driver = CoordinatorDriver(Coordinator(id), shared: shared)
        self.span = span
        span?.set(.readOnly, isReadOnly)
        trace = span?.headers ?? []
        let carried = TransactionContextHeaders.replacing(trace, in: headers)
        if !carried.isEmpty { state.withLock { $0.cargo.headers = carried } }
    }

    /// Trace and causation, for what begins because of it.
    var context: [Header] {
        TransactionContextHeaders.context(of: state.withLock { $0.cargo.headers })
    }

    public var status: TransactionStatus { driver.status }

    /// How it ended, once it has; `committed(pending:)` names resources that could not be told yet.
    public var report: TransactionReport? { driver.report }

    /// Names of the resources, in the order of enlistment.
    public var resources: [String] {
        driver.state.withLock { state in state.coordinator.branches.map(\.resource) }
    }

    // MARK: Working

    /// The branch of `resource` in this transaction, begun if it is the first call.
    ///
    /// - Throws: `transactionNotActive`, `transactionTimeout`, `resourceUnsuitable`,
    ///   `resourceUnknown` where the manager has no such resource, or another one of that name,
    ///   `resourceFailed` where the branch could not be begun, `tooLarge` beyond the limit of branches.
    public func enlist<Resource: TransactionResource>(
        _ resource: Resource
    ) async throws(RepriseError) -> Resource.Branch {
        let branch = try await enlist(any: resource)
        guard let branch = branch as? Resource.Branch else {
            throw RepriseError(
                .internalDefect, "Resource \(resource.name) began a branch of another type.")
        }
        return branch
    }

    /// From now on the transaction can only be rolled back.
    public func setRollbackOnly(_ reason: String) {
        markRollbackOnly(
            RepriseError(.transactionRolledBack, "Transaction \(id) was rolled back: \(reason)"))
    }

    /// Throws what would keep the transaction from committing; for long work without other calls.
    public func checkActive() throws(RepriseError) {
        try checkDeadline()
        let (refusal, isSealed) = state.withLock { ($0.rollbackOnly, $0.isSealed) }
        if let refusal { throw refusal }
        if isSealed || status != .active { throw Coordinator.notActive(id, status) }
    }

    // MARK: Context

    /// A value that lives as long as the transaction, the actions after its end included.
    public subscript<Value>(key: ContextKey<Value>) -> Value? {
        // In two steps: no value is not a value of nil.
        get { state.withLock { state in state.values[key.erased].flatMap { $0 as? Value } } }
        set { state.withLock { $0.values[key.erased] = newValue } }
    }

    /// The value of `key`, made by `make` if there is none.
    public func value<Value>(_ key: ContextKey<Value>, orMake make: () -> Value) -> Value {
        if let value = self[key] { return value }
        let made = make()
        return state.withLock { state in
            if let other = state.values[key.erased], let other = other as? Value { return other }
            state.values[key.erased] = made
            return made
        }
    }

    // MARK: Inside the manager

    func markRollbackOnly(_ reason: RepriseError) {
        state.withLock { state in
            if state.rollbackOnly == nil { state.rollbackOnly = reason }
        }
    }

    func checkDeadline() throws(RepriseError) {
        guard shared.monotonic() >= deadline else { return }
        let error = overdue
        markRollbackOnly(error)
        throw error
    }

    private var overdue: RepriseError {
        RepriseError(.transactionTimeout, "Transaction \(id) took longer than its time-out.")
    }

    /// The watchdog's word: the time is up, whatever a call may be waiting for.
    func expire() {
        markRollbackOnly(overdue)
        driver.refuse("it took longer than its time-out")
        driver.interrupt()
    }

    /// Refuses work that comes too late, wherever it comes from.
    func checkOpen() throws(RepriseError) {
        if state.withLock({ $0.isSealed }) { throw Coordinator.notActive(id, status) }
    }

    /// What recovery, operators and the watchdog must see from the first branch or record on.
    func list() {
        let isNew = state.withLock { state in
            defer { state.isListed = true }
            return !state.isListed
        }
        guard isNew else { return }
        shared.begin(self)
        // Another task may have ended it meanwhile, and nobody would take it off the list.
        if driver.hasFinished { shared.finished(driver) }
    }
}
