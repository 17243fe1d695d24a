internal import Model
internal import Synchronization
internal import Transactions

extension Transaction {
    private enum Entry {
        case found(any TransactionBranch)
        case mine(UInt32)
        case wait
    }

    func enlist(
        any resource: any TransactionResource
    ) async throws(RepriseError) -> any TransactionBranch {
        while true {
            try checkActive()
            switch try enter(resource) {
            case .found(let branch): return branch
            case .mine(let number): return try await begin(resource, number: number)
            case .wait: await waitForOther(resource.name)
            }
        }
    }

    private func enter(_ resource: any TransactionResource) throws(RepriseError) -> Entry {
        let name = resource.name
        guard let registered = shared.resources[name] else {
            throw RepriseError(
                .resourceUnknown,
                "Resource \(name) is not registered with the transaction manager: recovery would "
                    + "not find it.")
        }
        guard isSame(registered, resource) else {
            throw RepriseError(
                .resourceUnknown,
                "The name \(name) is registered for another resource, which recovery would find "
                    + "under it. Enlist that one, or register this one under a name of its own.")
        }
        let limit = shared.options.maxBranches
        let entry = state.withLock { state -> Entry? in
            switch state.holds[name] {
            case .ready(let branch): return .found(branch)
            case .beginning: return .wait
            case nil: break
            }
            guard state.holds.count < limit else { return nil }
            state.holds[name] = .beginning([])
            defer { state.nextBranch += 1 }
            return .mine(state.nextBranch)
        }
        guard let entry else {
            throw RepriseError(
                .tooLarge, "Transaction \(id) has \(limit) branches, its limit.")
        }
        return entry
    }

    /// As far as can be told: values of one type pass for each other.
    private func isSame(
        _ left: any TransactionResource, _ right: any TransactionResource
    ) -> Bool {
        guard type(of: left) == type(of: right) else { return false }
        guard type(of: left) is AnyClass else { return true }
        return reference(left) == reference(right)
    }

    /// Of an object. A cast to `AnyObject` says the same and takes longer than all the rest here.
    private func reference(_ resource: any TransactionResource) -> UInt {
        withUnsafeBytes(of: resource) { $0.load(as: UInt.self) }
    }

    private func begin(
        _ resource: any TransactionResource, number: UInt32
    ) async throws(RepriseError) -> any TransactionBranch {
        list()
        let branch: any TransactionBranch
        do {
            branch = try await resource.begin(shared.xid(id, number), readOnly: isReadOnly)
        } catch {
            leave(resource.name, nil)
            throw RepriseError(
                .resourceFailed,
                "A branch of transaction \(id) could not be begun in resource \(resource.name).",
                cause: shared.describe(error, in: resource.name))
        }
        do throws(RepriseError) {
            try driver.state.withLock { state throws(RepriseError) in
                _ = try state.coordinator.enlist(
                    resource.name, abilities: resource.abilities, number: number)
                state.holds.append(
                    BranchHold(number: number, resource: resource, branch: branch))
            }
        } catch {
            try? await branch.rollback()
            leave(resource.name, nil)
            throw error
        }
        leave(resource.name, branch)
        return branch
    }

    private func leave(_ name: String, _ branch: (any TransactionBranch)?) {
        let waiting = state.withLock { state -> [UnsafeContinuation<Void, Never>] in
            guard case .beginning(let waiting) = state.holds[name] else { return [] }
            state.holds[name] = branch.map { .ready($0) }
            return waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    private func waitForOther(_ name: String) async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isOver = state.withLock { state in
                guard case .beginning(let waiting) = state.holds[name] else { return true }
                state.holds[name] = .beginning(waiting + [continuation])
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}
