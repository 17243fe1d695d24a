import Model
import Reprise
import RepriseServer
import TestSupport

/// Transactions that a test makes up, and what was asked of them.
final class ScriptedTransactions: TransactionStore {
    struct State: Sendable {
        var views: [TransactionView] = []
        var failure: RepriseError?
        var calls: [String] = []
    }

    let state = Probe(State())

    var calls: [String] { state.read { $0.calls } }

    func page(limit: Int, after: TransactionCursor?) async throws(RepriseError) -> TransactionPage {
        let views = state.read { $0.views }.filter { view in after.map { $0 < view.cursor } ?? true
        }
        let page = Array(views.prefix(limit))
        return TransactionPage(
            transactions: page, next: page.count < views.count ? page.last?.cursor : nil)
    }

    func show(_ id: TransactionID) async throws(RepriseError) -> TransactionView {
        guard let view = state.read({ $0.views }).first(where: { $0.id == id }) else {
            throw RepriseError(.transactionNotFound, "Transaction \(id) is not here.")
        }
        return view
    }

    func resolve(
        _ id: TransactionID, _ outcome: BranchOutcome, reason: String
    ) async throws(RepriseError) {
        try note("resolve \(id) \(outcome) \(reason)")
    }

    func forget(_ id: TransactionID, unchecked: Bool) async throws(RepriseError) {
        try note("forget \(id)\(unchecked ? " unchecked" : "")")
    }

    private func note(_ call: String) throws(RepriseError) {
        state.update { $0.calls.append(call) }
        if let failure = state.read({ $0.failure }) { throw failure }
    }
}
