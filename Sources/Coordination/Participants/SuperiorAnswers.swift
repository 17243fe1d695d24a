internal import Journal
public import Model
internal import Synchronization
public import Transactions
internal import WAL

extension TransactionManager {
    /// What a participant is told that asks how its branch of one of this node's transactions was
    /// decided. "Committed" is durable when the call returns; with `acknowledgement: mirrored`, a
    /// decision that an earlier process left is undecided until Kafka has it.
    ///
    /// - Throws: `transactionNotFound` where the branch is another journal's: that one has to answer.
    ///   Whatever else is thrown is no answer either.
    public func answer(about xid: Xid) async throws(RepriseError) -> SuperiorAnswer {
        guard let own = xid.own, own.journal == shared.log.identity else {
            throw RepriseError(
                .transactionNotFound,
                "The branch belongs to a transaction of another node's journal. Ask that node.")
        }
        // In this order: a transaction that ends meanwhile is in the log before it leaves the list.
        if let driver = shared.driver(own.transaction) {
            return try await durable(driver.answer(own.number), isLeft: driver.isRecovered)
        }
        guard let logged = shared.log.journal.withCore({ $0.transactions[own.transaction] }) else {
            return .rolledBack
        }
        switch logged.phase {
        case .intended: return .undecided
        // Nobody is at work in it: an earlier process left it.
        case .committing: return try await durable(.committed, isLeft: true)
        case .heuristic:
            // An operator's word for the branch, which was given because it could not be reached.
            let branch = logged.outline.branches.first { $0.number == own.number }
            guard branch?.heuristic == .committed else { return .rolledBack }
            return try await durable(.committed, isLeft: true)
        }
    }

    /// Nobody learns of a decision that a crash could take back, or that does not count yet.
    private func durable(
        _ answer: SuperiorAnswer, isLeft: Bool
    ) async throws(RepriseError) -> SuperiorAnswer {
        guard answer == .committed else { return answer }
        if isLeft, !shared.leftDecisionsCount() { return .undecided }
        let log = shared.log.journal.log
        log.flush()
        try await log.waitDurable(log.appended)
        return answer
    }
}

extension CoordinatorDriver {
    fileprivate func answer(_ number: UInt32) -> SuperiorAnswer {
        state.withLock { state in
            let branch = state.coordinator.branches.first { $0.number == number }
            switch branch?.state {
            case .heuristic(.committed): return .committed
            case .heuristic(.notCommitted): return .rolledBack
            default: break
            }
            switch state.coordinator.decision {
            case .committed: return .committed
            case .notCommitted: return .rolledBack
            case nil: return .undecided
            }
        }
    }

    /// Who decides, where this is a part of another process's transaction.
    var superior: BranchReference? { state.withLock { $0.superior } }
}
