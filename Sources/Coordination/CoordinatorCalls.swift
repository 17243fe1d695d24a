internal import Platform
internal import Logging
internal import Model
internal import Synchronization
internal import Transactions

// What a coordinator asks of the resources.

extension CoordinatorDriver {
    func call(_ effect: CoordinatorEffect) async -> CoordinatorInput? {
        switch effect {
        case .prepare(let number): await prepare(number)
        case .write(let step, let forced): await write(step, forced: forced)
        case .commitOnePhase(let number, let recording):
            await commitOnePhase(number, recordingOutcome: recording)
        case .askOutcome(let number): await askOutcome(number)
        case .commitPrepared(let number):
            await commitPrepared(number)
        case .rollBackActive(let number): await rollBackActive(number)
        case .rollBackPrepared(let number): await rollBackPrepared(number)
        default: nil
        }
    }

    private func prepare(_ number: UInt32) async -> CoordinatorInput {
        guard let hold = hold(number) else {
            return .prepareFailed(number, reason: "the branch is not in hand")
        }
        do {
            let vote = try await hold.branch.prepare()
            if vote == .prepared {
                state.withLock { $0.remoteParts[number] = hold.branch.remotePart }
            }
            return .voted(number, vote)
        } catch {
            return .prepareFailed(number, reason: shared.describe(error, in: hold.resource.name))
        }
    }

    private func commitOnePhase(
        _ number: UInt32, recordingOutcome: Bool
    ) async -> CoordinatorInput {
        guard let hold = hold(number) else {
            return .onePhaseLost(number, reason: "the branch is not in hand")
        }
        do {
            try await hold.branch.commitOnePhase(recordingOutcome: recordingOutcome)
            return .onePhase(number, .committed, reason: "")
        } catch ResourceError.rolledBack(let reason) {
            return .onePhase(
                number, .notCommitted, reason: "resource \(hold.resource.name): \(reason)")
        } catch {
            return .onePhaseLost(number, reason: shared.describe(error, in: hold.resource.name))
        }
    }

    private func askOutcome(_ number: UInt32) async -> CoordinatorInput {
        guard let (resource, xid) = target(number) else {
            return .onePhaseLost(number, reason: unregistered(number))
        }
        do {
            let outcome = try await resource.outcome(of: xid)
            return .onePhase(
                number, outcome, reason: "resource \(resource.name) did not commit the branch")
        } catch {
            return .onePhaseLost(number, reason: failed(number, error, in: resource))
        }
    }

    private func rollBackActive(_ number: UInt32) async -> CoordinatorInput {
        do {
            try await hold(number)?.branch.rollback()
        } catch {
            // Nothing is prepared: a branch that cannot be told dies with its connection.
            var metadata = shared.metadata(id)
            metadata["reprise.error"] = "\(error)"
            shared.log.logger.info(
                "an unprepared branch could not be told to roll back", metadata: metadata)
        }
        return .finished(number)
    }

    private func commitPrepared(_ number: UInt32) async -> CoordinatorInput {
        let part = state.withLock { $0.remoteParts[number] }
        return await finish(number) { try await $0.commitPrepared($1, part: part) }
    }

    private func rollBackPrepared(_ number: UInt32) async -> CoordinatorInput {
        try? await hold(number)?.branch.rollback()
        return await finish(number) { try await $0.rollbackPrepared($1) }
    }

    private func finish(
        _ number: UInt32,
        _ verb: (any TransactionResource, Xid) async throws -> Void
    ) async -> CoordinatorInput {
        guard let (resource, xid) = target(number) else {
            return .failed(number, reason: unregistered(number))
        }
        do {
            try await verb(resource, xid)
            return .finished(number)
        } catch ResourceError.heuristic(let outcome, let reason) {
            return .heuristic(number, outcome, reason: "resource \(resource.name): \(reason)")
        } catch {
            return .failed(number, reason: failed(number, error, in: resource))
        }
    }

    /// Notes why a branch has to be tried again.
    private func failed(
        _ number: UInt32, _ error: any Error, in resource: any TransactionResource
    ) -> String {
        let reason = shared.describe(error, in: resource.name)
        note(number, RepriseError(shared.code(of: error), reason))
        return reason
    }

    private func unregistered(_ number: UInt32) -> String {
        let error = RepriseError(
            .resourceUnknown,
            "The resource of branch \(number) is not registered in this process. Register it: the "
                + "branch is tried again by itself.")
        note(number, error)
        return error.message
    }

    private func note(_ number: UInt32, _ error: RepriseError) {
        state.withLock { $0.troubles[number] = error }
        shared.log.logger.report(
            .warning, error, "a branch could not be finished and will be tried again",
            metadata: shared.metadata(id))
    }

    // MARK: Branches

    private func hold(_ number: UInt32) -> BranchHold? {
        state.withLock { state in state.holds.first { $0.number == number } }
    }

    func target(_ number: UInt32) -> (any TransactionResource, Xid)? {
        if let branch = superior, branch.number == number, let superior = branch.superior {
            return (SuperiorResource(superior: superior, shared: shared), shared.xid(id, number))
        }
        let name = state.withLock { state in
            state.coordinator.branches.first { $0.number == number }?.resource
        }
        guard let name, let resource = shared.resources[name] else { return nil }
        return (resource, shared.xid(id, number))
    }
}
