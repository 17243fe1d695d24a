internal import Model
internal import Platform
internal import Synchronization
public import Transactions

/// A branch in a `MemoryResource`.
public final class MemoryBranch: TransactionBranch {
    /// The id with which the branch was begun.
    public let xid: Xid
    private let resource: MemoryResource
    private let number: UInt64

    init(resource: MemoryResource, number: UInt64, xid: Xid) {
        self.resource = resource
        self.number = number
        self.xid = xid
    }

    deinit {
        // What is neither prepared nor ended cannot be reached any more.
        resource.state.withLock { _ = $0.end(number) }
    }

    // MARK: Work

    /// The value that this branch sees. Waits while another branch holds the key.
    ///
    /// - Throws: `resourceFailed` where the key stays held for too long, or the branch is gone.
    public func read(_ key: String) async throws -> String? {
        try await hold(key)
        return try await resource.call(.read) { state in
            let open = try self.open(state)
            if let written = open.writes[key] { return written }
            return state.values[key]
        }
    }

    /// Sets the key, or removes it with nil. Waits while another branch holds the key.
    ///
    /// - Throws: as `read`; `transactionReadOnly` in a branch that was begun so.
    public func write(_ key: String, _ value: String?) async throws {
        try await hold(key)
        try await resource.call(.write) { state in
            if try self.open(state).readOnly {
                throw RepriseError(
                    .transactionReadOnly,
                    "The resource \(self.resource.name) was asked to write in a read-only branch.")
            }
            state.open[self.number]?.writes[key] = .some(value)
        }
    }

    private func hold(_ key: String) async throws {
        let lock: Permits? = try resource.state.withLock { state in
            try open(state).held.contains(key) ? nil : state.lock(of: key)
        }
        guard let lock else { return }
        guard await lock.acquire(within: resource.lockWait) else {
            throw resource.failure("has waited too long for a key that another branch holds")
        }
        try resource.state.withLock { state in
            // The branch may have been lost while it waited.
            guard state.open[number] != nil else {
                lock.release()
                throw gone
            }
            state.open[number]?.held.insert(key)
        }
    }

    private func open(_ state: MemoryState) throws -> MemoryState.Open {
        guard let open = state.open[number] else { throw gone }
        return open
    }

    private var gone: RepriseError { resource.failure("does not have the branch any more") }

    // MARK: Ends

    public func prepare() async throws -> Vote {
        try await resource.call(.prepare) { state in
            guard self.resource.abilities.prepares else {
                throw self.resource.unsuitable("cannot prepare")
            }
            let open = try self.open(state)
            if open.writes.isEmpty, self.resource.votesReadOnly {
                state.end(self.number)
                return .readOnly
            }
            state.open[self.number] = nil
            state.prepared[self.xid] = MemoryState.Prepared(writes: open.writes, held: open.held)
            return .prepared
        }
    }

    public func commitOnePhase(recordingOutcome: Bool) async throws {
        try await resource.call(.commitOnePhase) { state in
            if recordingOutcome, !self.resource.abilities.recordsOutcome {
                throw self.resource.unsuitable("records no outcome")
            }
            let open = try self.open(state)
            if state.outcomes[self.xid] != nil {
                state.end(self.number)
                throw ResourceError.rolledBack(reason: "its outcome was asked for before")
            }
            state.apply(open.writes)
            state.end(self.number)
            if recordingOutcome { state.outcomes[self.xid] = .committed }
        }
    }

    public func rollback() async throws {
        try await resource.call(.rollback) { state in
            _ = state.end(self.number)
        }
    }
}
