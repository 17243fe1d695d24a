internal import Logging
internal import Model
internal import Synchronization
internal import Transactions

// The end of a transaction.

extension Transaction {
    /// Before-commit actions until none are left, then the synchronisations: inside the transaction.
    func beforeCompletion() async throws {
        try checkActive()
        if !isReadOnly {
            var rounds = 0
            while true {
                let actions = state.withLock { $0.beforeCommit.take() }
                if actions.isEmpty { break }
                rounds += 1
                guard rounds <= shared.options.maxRounds else {
                    throw RepriseError(
                        .transactionRounds,
                        "Before-commit actions of transaction \(id) still register further ones "
                            + "after \(shared.options.maxRounds) rounds.")
                }
                for action in actions { try await action() }
            }
        }
        for synchronization in state.withLock({ $0.synchronizations }) {
            try await synchronization.beforeCompletion?()
        }
        try checkActive()
    }

    func commit() async {
        let (cargo, refusal) = seal()
        if let refusal { return await driver.drive(.rollBack(reason: refusal.message)) }
        driver.load(cargo, isReadOnly: isReadOnly)
        await driver.drive(.commit)
    }

    func rollBack(_ error: any Error) async {
        let (cargo, _) = seal()
        driver.load(cargo, isReadOnly: isReadOnly)
        let reason = (error as? RepriseError)?.message ?? "the work failed: \(type(of: error))"
        await driver.drive(.rollBack(reason: reason))
    }

    private func seal() -> (Outline, RepriseError?) {
        state.withLock { state in
            state.isSealed = true
            return (state.cargo.outline, state.rollbackOnly)
        }
    }

    /// Callbacks, each once; what they throw is logged. Outside of the transaction, one level deeper.
    func afterCompletion(_ outer: TransactionScope) async {
        let (synchronizations, commits, rollbacks) = state.withLock { state in
            // What is left refers to the transaction that holds it.
            defer {
                _ = state.beforeCommit.take()
                state.synchronizations = []
                state.collectors = [:]
                state.values = [:]
            }
            return (
                state.synchronizations, state.afterCommit.take(), state.afterRollback.take()
            )
        }
        let status = self.status
        for synchronization in synchronizations {
            await synchronization.afterCompletion?(status)
        }
        let actions: [Action]
        switch driver.report {
        case .committed: actions = commits
        case .rolledBack: actions = rollbacks
        // Nobody knows what happened, so nothing may follow from it.
        case .inDoubt, nil: actions = []
        }
        guard !actions.isEmpty else { return }
        let scope = TransactionScope(depth: outer.depth + 1)
        await TransactionScope.$current.withValue(scope) {
            for action in actions {
                do {
                    try await action()
                } catch {
                    shared.log.logger.error(
                        "an action after the end of a transaction failed",
                        metadata: shared.metadata(id, error))
                }
            }
        }
    }

    func throwUnlessCommitted() throws(RepriseError) {
        switch driver.report {
        case .committed: return
        case .rolledBack(let reason):
            if let refusal = state.withLock({ $0.rollbackOnly }) { throw refusal }
            throw RepriseError(
                .transactionRolledBack, "Transaction \(id) was rolled back: \(reason)")
        case .inDoubt(let reason):
            throw RepriseError(
                .transactionInDoubt,
                "Nobody knows yet whether transaction \(id) was committed: \(reason)")
        case nil:
            throw RepriseError(
                .internalDefect, "Transaction \(id) ended without an outcome.")
        }
    }
}

extension CoordinatorDriver {
    func load(_ cargo: Outline, isReadOnly: Bool) {
        // With Kafka a rollback is announced, where there was something to roll back.
        let announces = shared.log.mirrored != nil && !isReadOnly
        state.withLock { state in
            state.cargo = cargo
            state.coordinator.load(
                hasCargo: cargo.hasCargo,
                recordsRollback: announces && !state.coordinator.branches.isEmpty)
        }
    }

    /// Written now, so that what is to follow a rollback follows the death of this process as well.
    func writeIntent(_ cargo: Outline) async throws(RepriseError) {
        state.withLock { state in
            state.cargo = cargo
            state.coordinator.noteIntent()
        }
        switch await write(.intended, forced: true) {
        case .writeRefused(_, let reason):
            throw RepriseError(.diskFull, "The intent could not be written: \(reason)")
        case .writeLost(_, let reason):
            throw RepriseError(.outcomeUnknown, reason)
        default: break
        }
    }
}
