package import Model
internal import Synchronization
internal import Transactions

// A transaction that is a part of another process's transaction.

extension Transaction {
    /// Nothing happened in it that anybody had to finish.
    var isUntouched: Bool {
        let isUsed = state.withLock { state in
            !state.holds.isEmpty || state.cargo.count > 0 || !state.beforeCommit.isEmpty
                || !state.afterCommit.isEmpty || !state.afterRollback.isEmpty
                || !state.synchronizations.isEmpty || !state.collectors.isEmpty
        }
        return !isUsed && status == .active
    }

    /// Before-commit work, after the last request: inside of the transaction, but in no request.
    func completeWork() async throws {
        let scope = TransactionScope(transaction: self, isReadOnly: isReadOnly)
        try await TransactionScope.$current.withValue(scope) { try await beforeCompletion() }
    }

    /// Trace context of the first request that has one.
    func adopt(_ headers: [Header]) {
        state.withLock { state in
            if state.cargo.headers.isEmpty { state.cargo.headers = headers }
        }
    }

    /// The last branch: whoever it stands for decides.
    func enlist(_ branch: SuperiorBranch, _ superior: Superior) throws(RepriseError) {
        list()
        let number = state.withLock { state in
            defer { state.nextBranch += 1 }
            return state.nextBranch
        }
        try driver.state.withLock { state throws(RepriseError) in
            _ = try state.coordinator.enlist(
                Superior.resource, abilities: Superior.abilities, number: number)
            state.holds.append(
                BranchHold(
                    number: number,
                    resource: SuperiorResource(superior: superior, shared: shared), branch: branch))
            state.superior = BranchReference(
                number: number, resource: Superior.resource, superior: superior)
        }
    }

    /// How long it may still be active: for the requests that it sends to others.
    package var timeLeft: Milliseconds { max(0, deadline - shared.monotonic()) }

    /// Whether the current call may write nothing though others in the transaction may.
    package var isReadOnlyCall: Bool { isReadOnly || TransactionScope.current.isReadOnly }

    /// Trace context and causation, for the requests that it sends to others.
    package var headers: [Header] { state.withLock { $0.cargo.headers } }
}

extension Transaction.State {
    /// Something in this process follows the outcome. After-commit collectors are among the actions.
    var isAwaited: Bool {
        !afterCommit.isEmpty || !afterRollback.isEmpty
            || synchronizations.contains { $0.afterCompletion != nil }
    }
}

extension CoordinatorDriver {
    /// An operator decides for a superior that cannot be asked: from now on its answer is not waited
    /// for in the foreground.
    func standIn() {
        let hold = state.withLock { state -> BranchHold? in
            guard let number = state.superior?.number,
                state.coordinator.branches.contains(where: {
                    $0.number == number && $0.state == .committingOnePhase
                })
            else { return nil }
            // Asking again is of no use: the operator's word follows.
            _ = state.coordinator.handle(
                .onePhaseLost(number, reason: "the coordinator has not decided"))
            return state.holds.first { $0.number == number }
        }
        (hold?.branch as? SuperiorBranch)?.word.fulfil(.abandoned)
    }

    /// It is prepared, and waits for another process's decision.
    var waitsForSuperior: Bool {
        state.withLock { state in
            guard let number = state.superior?.number else { return false }
            return state.coordinator.branches.contains {
                $0.number == number && $0.state == .asking
            }
        }
    }
}
