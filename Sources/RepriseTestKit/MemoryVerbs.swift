internal import Model
internal import Synchronization
public import Transactions

extension MemoryResource {
    public func begin(_ xid: Xid, readOnly: Bool) async throws -> MemoryBranch {
        try await call(.begin) { state in
            let taken =
                state.prepared[xid] != nil || state.open.values.contains { $0.xid == xid }
            if taken { throw failure("has a branch with this id already") }
            state.lastNumber += 1
            state.open[state.lastNumber] = MemoryState.Open(xid: xid, readOnly: readOnly)
            return MemoryBranch(resource: self, number: state.lastNumber, xid: xid)
        }
    }

    public func commitPrepared(_ xid: Xid) async throws {
        try await finish(xid, .committed, verb: .commitPrepared)
    }

    public func rollbackPrepared(_ xid: Xid) async throws {
        try await finish(xid, .notCommitted, verb: .rollbackPrepared)
    }

    private func finish(_ xid: Xid, _ outcome: BranchOutcome, verb: MemoryVerb) async throws {
        try await call(verb) { state in
            if let other = state.heuristics[xid], other != outcome {
                throw ResourceError.heuristic(other, reason: "\(self.name) was told otherwise")
            }
            state.finish(xid, outcome)
        }
    }

    public func preparedBranches() async throws -> [Xid] {
        try await call(.preparedBranches) { Array($0.prepared.keys) }
    }

    public func outcome(of xid: Xid) async throws -> BranchOutcome {
        try await call(.outcome) { state in
            guard self.abilities.recordsOutcome else { throw unsuitable("records no outcome") }
            if let known = state.outcomes[xid] { return known }
            // The tombstone: a commit that is still on its way finds it and fails.
            state.outcomes[xid] = .notCommitted
            return .notCommitted
        }
    }

    public func forgetOutcome(of xid: Xid) async {
        try? await call(.forgetOutcome) { state in
            if state.outcomes[xid] == .committed { state.outcomes[xid] = nil }
        }
    }

    public func recordedCommits(limit: Int) async throws -> [Xid] {
        try await call(.recordedCommits) { state in
            Array(state.outcomes.filter { $0.value == .committed }.keys.prefix(limit))
        }
    }

    // MARK: How every call goes

    /// Counts, waits while the verb is paused, and runs `effect` as the next fault says.
    func call<Result>(
        _ verb: MemoryVerb, _ effect: (inout MemoryState) throws -> sending Result
    ) async throws -> sending Result {
        state.withLock { $0.counts[verb, default: 0] += 1 }
        await pauses.pass(verb)
        return try state.withLock { state in
            if state.isDown { throw failure("is down") }
            let fault = state.faults[verb]?.first
            if fault != nil { state.faults[verb]?.removeFirst() }
            switch fault {
            case .fails: throw failure("was told to fail in \(verb.rawValue)")
            case .throwing(let error): throw error
            case .losesAnswer:
                _ = try effect(&state)
                throw failure("has lost the answer to \(verb.rawValue)")
            case nil: return try effect(&state)
            }
        }
    }

    func failure(_ what: String) -> RepriseError {
        RepriseError(.resourceFailed, "The resource \(name) \(what).")
    }

    func unsuitable(_ what: String) -> RepriseError {
        RepriseError(.resourceUnsuitable, "The resource \(name) \(what).")
    }
}
