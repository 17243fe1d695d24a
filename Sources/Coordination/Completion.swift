internal import Platform
internal import Journal
internal import Logging
internal import Model
internal import Synchronization
internal import Traces
internal import Transactions
internal import WAL

// The end of a transaction.

extension Transaction {
    /// Before-commit actions until none are left, then the synchronisations: inside the transaction.
    func beforeCompletion() async throws {
        try checkActive()
        var rounds = 0
        var told = 0
        while true {
            let actions = isReadOnly ? [] : state.withLock { $0.beforeCommit.take() }
            if !actions.isEmpty {
                rounds += 1
                guard rounds <= shared.options.maxRounds else { throw tooManyRounds }
                for action in actions {
                    try await action()
                    try checkActive()
                }
                continue
            }
            try checkActive()
            switch nextStep(told) {
            case .actions: continue
            case .tell(let synchronization):
                told += 1
                try await synchronization.beforeCompletion?()
            case .end: return
            }
        }
    }

    private enum Step {
        case actions
        case tell(TransactionSynchronization)
        case end
    }

    /// Each synchronisation is told once. From the end on nothing can be registered: under one lock,
    /// so that nothing is registered and never run.
    private func nextStep(_ told: Int) -> Step {
        state.withLock { state in
            if told < state.synchronizations.count { return .tell(state.synchronizations[told]) }
            guard state.beforeCommit.isEmpty || isReadOnly else { return .actions }
            state.isSealed = true
            return .end
        }
    }

    private var tooManyRounds: RepriseError {
        RepriseError(
            .transactionRounds,
            "Before-commit actions of transaction \(id) still register further ones after "
                + "\(shared.options.maxRounds) rounds.")
    }

    /// Commits, or rolls back what `failure` has ended, and does what comes after it. A caller that is
    /// cancelled meanwhile does not cancel that: half of an end would leave everybody in doubt.
    /// `settled` is called when the resources have done what they can do now.
    func end(
        _ failure: (any Error)?, _ outer: TransactionScope,
        settled: @escaping @Sendable () -> Void = {}
    ) async {
        await within(span) {
            await decide(failure.map(Transaction.reason))
            settled()
            await afterCompletion(outer)
        }
        finish(span)
    }

    private func decide(_ failure: String?) async {
        let (cargo, refusal, isAwaited) = seal()
        driver.load(cargo, isReadOnly: isReadOnly, isAwaited: isAwaited)
        if let failure {
            await driver.drive(.rollBack(reason: failure), shielded: true)
        } else if let refusal {
            await driver.drive(.rollBack(reason: refusal.message), shielded: true)
        } else {
            let commit = Spans.found?.start(.commit)
            await within(commit) { await driver.drive(.commit, shielded: true) }
            finish(commit)
        }
    }

    /// Ends a span with how the transaction ended.
    private func finish(_ span: OpenSpan?) {
        guard let span else { return }
        span.set(.transaction, "\(id)")
        span.set(.branches, driver.state.withLock { $0.coordinator.branches.count })
        switch driver.report {
        case .committed: span.set(.outcome, "committed")
        case .rolledBack:
            span.set(.outcome, "rolledBack")
            span.fail()
        case .inDoubt, nil:
            span.set(.outcome, "inDoubt")
            span.fail()
        }
        span.end()
    }

    private func seal() -> (Outline, RepriseError?, Bool) {
        let limits = shared.log.journal.options.limits
        return state.withLock { state in
            state.isSealed = true
            return (state.cargo.outline(limits), state.rollbackOnly, state.isAwaited)
        }
    }

    /// Callbacks, each once; what they throw is logged. Outside of the transaction, one level deeper.
    private func afterCompletion(_ outer: TransactionScope) async {
        let (synchronizations, commits, rollbacks) = state.withLock { state in
            (state.synchronizations, state.afterCommit.take(), state.afterRollback.take())
        }
        let actions: [Action]
        switch driver.report {
        case .committed: actions = commits
        case .rolledBack: actions = rollbacks
        // Nobody knows what happened, so nothing may follow from it.
        case .inDoubt, nil: actions = []
        }
        if !synchronizations.isEmpty || !actions.isEmpty {
            let scope = TransactionScope(depth: outer.depth + 1, inherited: context)
            await shieldedFromCancellation { [self] in
                await TransactionScope.$current.withValue(scope) {
                    await run(synchronizations, actions)
                }
            }
        }
        release()
    }

    private func run(
        _ synchronizations: [TransactionSynchronization], _ actions: [Action]
    ) async {
        let status = self.status
        for synchronization in synchronizations {
            await synchronization.afterCompletion?(status)
        }
        for action in actions {
            do {
                try await action()
            } catch {
                var metadata = shared.metadata(id)
                metadata["reprise.error"] = "\(error)"
                shared.log.logger.report(
                    .error, (error as? RepriseError)?.code ?? .handlerFailed,
                    "an action after the end of a transaction failed", metadata: metadata)
            }
        }
    }

    /// What is left refers to the transaction that holds it.
    private func release() {
        state.withLock { state in
            _ = state.beforeCommit.take()
            state.synchronizations = []
            state.collectors = [:]
            state.values = [:]
        }
    }

    /// What the caller is told where the work threw `failure`.
    func told(_ failure: any Error) -> any Error {
        guard let refusal = state.withLock({ $0.rollbackOnly }),
            refusal.code == .transactionTimeout
        else { return failure }
        if (failure as? RepriseError)?.code == .transactionTimeout { return failure }
        // The call was interrupted because the time was up.
        return RepriseError(refusal.code, refusal.message, cause: Transaction.reason(failure))
    }

    /// Why a request that failed keeps the transaction from committing.
    func failed(_ error: (any Error)?) -> RepriseError {
        RepriseError(
            .transactionRolledBack,
            "Transaction \(id) was rolled back: "
                + (error.map(Transaction.reason) ?? "a request in it was answered with an error"))
    }

    /// A foreign error may print what nobody is to read in a log.
    private static func reason(_ failure: any Error) -> String {
        (failure as? RepriseError)?.message ?? "the work failed: \(type(of: failure))"
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
