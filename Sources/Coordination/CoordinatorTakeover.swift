internal import Journal
internal import Logging
internal import Model
internal import Platform
internal import Transactions

// How others can finish what this process has decided, if it dies: by a session that begins with the
// decision and ends with the transaction.

extension CoordinatorDriver {
    /// The session of a decision as it is now; nil where there is nothing to finish, or nobody else
    /// could be told.
    func finish(of state: State) -> DurableAction? {
        let lease = shared.options.takeoverAfter
        guard shared.log.mirrored != nil, lease > 0 else { return nil }
        let prepared = state.references(for: .committed).filter { $0.heuristic == nil }
        guard !prepared.isEmpty else { return nil }
        let list = CommitList(transaction: id, journal: shared.log.identity, branches: prepared)
        let session = id.finishSession
        return DurableAction(
            session: session, partition: shared.log.partition(session), kind: .transactionFinish,
            record: list.encoded, headers: [Header("reprise-transaction", "\(id)")], lease: lease)
    }

    func takeBack(_ finish: DurableAction) async {
        do throws(RepriseError) {
            try await shared.log.journal.takeBack(finish)
        } catch {
            // Others find the branches committed. What stops this write stops the next one, too.
            shared.log.logger.report(
                .warning, error, "others could not be told that a transaction is finished",
                metadata: shared.metadata(id))
        }
    }
}

extension CoordinatorDriver.State {
    /// Nothing is left to do for others, once the decision to commit has come to its end.
    func finishToTakeBack(_ step: TransactionRecord.Step) -> DurableAction? {
        step == .ended && coordinator.decision == .committed ? cargo.finish : nil
    }
}
