internal import Journal
public import Model
internal import Synchronization
public import Transactions
internal import WAL

/// An unfinished transaction as operators see it.
public struct TransactionView: Sendable, Hashable {
    public var id: TransactionID
    public var status: TransactionStatus
    /// Of the first record in the log; nil where it has none yet.
    public var time: Timestamp?
    /// Resources, and how their branches stand.
    public var branches: [Branch]
    /// Finished otherwise than decided.
    public var isHeuristic: Bool
    public var reason: String

    public struct Branch: Sendable, Hashable {
        public var number: UInt32
        public var resource: String
        /// As `Participation.State` prints.
        public var state: String
        public var attempts: UInt32
        /// Why the last try failed; nil where none did.
        public var trouble: RepriseError?
    }
}

extension TransactionManager {
    /// Transactions that are not finished, and those with a heuristic outcome, oldest first.
    public func list(limit: Int = 100) -> [TransactionView] {
        let logged = shared.log.journal.unfinishedTransactions
        let times = Dictionary(logged.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var views = shared.drivers.map { $0.view(logged: times[$0.id]) }
        let shown = Set(views.map(\.id))
        views += logged.filter { !shown.contains($0.id) }.map(TransactionView.init)
        return Array(views.sorted { $0.id < $1.id }.prefix(max(0, limit)))
    }

    /// - Throws: `transactionNotFound`.
    public func show(_ id: TransactionID) throws(RepriseError) -> TransactionView {
        let logged = shared.log.journal.withCore { $0.transactions[id] }
        if let driver = shared.driver(id) { return driver.view(logged: logged) }
        if let logged { return TransactionView(logged) }
        throw TransactionManager.notFound(id)
    }

    /// Ends the waiting for branches that cannot be reached, on an operator's word. Where the
    /// decision to commit stands, they are recorded as heuristic with `outcome`; where nobody knows,
    /// `outcome` becomes the decision. Durable when the call returns.
    ///
    /// - Throws: `transactionNotFound`; `transactionNotActive` where nothing waits for an operator.
    public func resolve(
        _ id: TransactionID, _ outcome: BranchOutcome, reason: String
    ) async throws(RepriseError) {
        let driver = shared.driver(id)
        let isLogged = shared.log.journal.withCore { $0.transactions[id] != nil }
        guard driver != nil || isLogged else { throw TransactionManager.notFound(id) }
        guard let driver, driver.waitsForOperator else {
            throw RepriseError(
                .transactionNotActive,
                "Transaction \(id) waits for no unreachable branch: there is nothing to resolve.")
        }
        await driver.drive(.giveUp(outcome, reason: "operator: \(reason)"))
        shared.log.journal.log.flush()
        try await shared.log.journal.log.waitDurable(shared.log.journal.log.appended)
    }

    /// Forgets a heuristic outcome that an operator has seen to. Durable when the call returns.
    ///
    /// - Throws: `transactionNotFound`; `transactionNotActive` where it is not finished.
    public func forget(_ id: TransactionID) async throws(RepriseError) {
        guard let live = shared.log.journal.withCore({ $0.transactions[id] }) else {
            throw TransactionManager.notFound(id)
        }
        guard live.phase == .heuristic else {
            throw RepriseError(
                .transactionNotActive, "Transaction \(id) is not finished: it cannot be forgotten.")
        }
        let record = TransactionRecord(.forgotten, id, time: shared.log.journal.now())
        _ = try await shared.log.journal.writeDurably(record, use: .reserve)
    }

    static func notFound(_ id: TransactionID) -> RepriseError {
        RepriseError(
            .transactionNotFound, "Transaction \(id) is not here: it has ended, or never prepared.")
    }
}

extension TransactionView {
    init(_ live: LiveTransaction) {
        let state =
            switch live.phase {
            case .intended: "in doubt"
            case .committing: "to be committed"
            case .heuristic: "ended"
            }
        self.init(
            id: live.id, status: live.phase == .heuristic ? .committed : .committing,
            time: live.time,
            branches: live.outline.branches.map { branch in
                Branch(
                    number: branch.number, resource: branch.resource,
                    state: branch.heuristic.map { "heuristic: \($0)" } ?? state, attempts: 0)
            },
            isHeuristic: live.phase == .heuristic, reason: live.reason)
    }
}

extension CoordinatorDriver {
    func view(logged: LiveTransaction?) -> TransactionView {
        state.withLock { state in
            TransactionView(
                id: id, status: state.coordinator.status, time: logged?.time,
                branches: state.coordinator.branches.map { branch in
                    TransactionView.Branch(
                        number: branch.number, resource: branch.resource,
                        state: "\(branch.state)", attempts: branch.attempts,
                        trouble: branch.attempts > 0 ? state.troubles[branch.number] : nil)
                },
                isHeuristic: logged?.phase == .heuristic, reason: state.coordinator.reason)
        }
    }

    /// Something was tried and failed, and is being tried again.
    var waitsForOperator: Bool {
        state.withLock { state in state.coordinator.branches.contains { $0.attempts > 0 } }
    }
}
