internal import Journal
public import Model
internal import Synchronization
public import Transactions
internal import WAL

// What operators see and do.

extension TransactionManager {
    /// Transactions that are not finished, and those with a heuristic outcome, oldest first.
    public func list(limit: Int = 100) -> [TransactionView] {
        Array(everything.sorted { $0.id < $1.id }.prefix(max(0, limit)))
    }

    /// As `list`, with what somebody should look at first: heuristic outcomes and what is in doubt,
    /// each part oldest first.
    public func page(limit: Int, after last: TransactionCursor? = nil) -> TransactionPage {
        let rest = everything.filter { view in last.map { $0 < view.cursor } ?? true }
            .sorted { $0.cursor < $1.cursor }
        let page = rest.prefix(max(0, limit))
        return TransactionPage(
            transactions: Array(page), next: page.count < rest.count ? page.last?.cursor : nil)
    }

    private var everything: [TransactionView] {
        let logged = shared.log.journal.unfinishedTransactions
        let known = Dictionary(logged.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let views = shared.drivers.map { $0.view(logged: known[$0.id]) }
        let shown = Set(views.map(\.id))
        return views + logged.filter { !shown.contains($0.id) }.map { TransactionView($0) }
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
        driver?.standIn()
        guard let driver, driver.waitsForOperator || driver.waitsForSuperior,
            await driver.giveUp(outcome, reason: "operator: \(reason)")
        else {
            throw RepriseError(
                .transactionNotActive,
                "Transaction \(id) waits for no unreachable branch: there is nothing to resolve.")
        }
        shared.log.journal.log.flush()
        try await shared.log.journal.log.waitDurable(shared.log.journal.log.appended)
    }

    /// Forgets a heuristic outcome that an operator has seen to. Durable when the call returns.
    ///
    /// A branch that its resource still holds prepared must be finished there first: once nobody
    /// remembers it, recovery rolls it back.
    ///
    /// - Parameter unchecked: does not ask the resources; for one that is gone for good.
    /// - Throws: `transactionNotFound`; `transactionNotActive` where it is not finished;
    ///   `transactionHeuristic` where a branch is still prepared; `resourceUnknown` and
    ///   `resourceFailed` where that cannot be told.
    public func forget(
        _ id: TransactionID, unchecked: Bool = false
    ) async throws(RepriseError) {
        guard let live = shared.log.journal.withCore({ $0.transactions[id] }) else {
            throw TransactionManager.notFound(id)
        }
        guard live.phase == .heuristic else {
            throw RepriseError(
                .transactionNotActive, "Transaction \(id) is not finished: it cannot be forgotten.")
        }
        if !unchecked {
            for branch in live.outline.branches where branch.heuristic != nil {
                try await checkGone(branch, of: id)
            }
        }
        let record = TransactionRecord(.forgotten, id, time: shared.log.journal.now())
        _ = try await shared.log.journal.writeDurably(record, use: .reserve)
    }

    private func checkGone(
        _ branch: BranchReference, of id: TransactionID
    ) async throws(RepriseError) {
        // The coordinator of another process holds nothing of this one's.
        guard branch.superior == nil else { return }
        guard let resource = shared.resources[branch.resource] else {
            throw RepriseError(
                .resourceUnknown,
                "Resource \(branch.resource) of branch \(branch.number) is not registered here, so "
                    + "nobody can tell whether it still holds the branch. Register it, or forget "
                    + "the transaction unchecked if the resource is gone for good.")
        }
        guard resource.abilities.prepares else { return }
        let xid = shared.xid(id, branch.number)
        let isPrepared: Bool
        do {
            isPrepared = try await resource.preparedBranches().contains(xid)
        } catch {
            throw RepriseError(
                .resourceFailed,
                "Resource \(branch.resource) does not tell whether it still holds branch "
                    + "\(branch.number). Try again when it answers, or forget the transaction "
                    + "unchecked if the resource is gone for good.",
                cause: shared.describe(error, in: branch.resource))
        }
        guard !isPrepared else {
            throw RepriseError(
                .transactionHeuristic,
                "Resource \(branch.resource) still holds branch \(branch.number) prepared, as "
                    + "\(xid). Commit it or roll it back there first: once the transaction is "
                    + "forgotten, recovery rolls it back.")
        }
    }

    static func notFound(_ id: TransactionID) -> RepriseError {
        RepriseError(
            .transactionNotFound, "Transaction \(id) is not here: it has ended, or never prepared.")
    }
}
