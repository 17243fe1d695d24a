internal import Model
internal import Platform
internal import Transactions

/// What the checks are written with.
extension ResourceConformance {
    /// An id of ours that nobody else uses.
    func freshXid(number: UInt32 = 0) -> Xid {
        Xid(
            journal: UInt64.random(in: .min ... .max),
            transaction: TransactionID(
                time: SystemTime().now(),
                random: (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))),
            number: number)
    }

    func freshKey(_ name: String = "key") -> String {
        "\(name)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    /// A branch that has written one key.
    func begun(_ xid: Xid, _ key: String, _ value: String = "new") async throws -> Resource.Branch {
        let branch = try await resource.begin(xid, readOnly: false)
        try await write(branch, key, value)
        return branch
    }

    /// Prepares a branch that has written one key, and lets go of it.
    func prepared(_ xid: Xid, _ key: String, _ value: String = "new") async throws {
        let branch = try await begun(xid, key, value)
        let vote = try await branch.prepare()
        try require(vote == .prepared, "a branch that had written voted \(vote)")
    }

    func require(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws(Violation) {
        if !holds { throw Violation(otherwise()) }
    }

    func requireValue(_ key: String, _ expected: String?, _ moment: String) async throws {
        let value = try await read(key)
        try require(
            value == expected,
            "\(moment) the value is \(value ?? "missing"), not \(expected ?? "missing")")
    }

    func requireListed(_ xid: Xid, _ expected: Bool, _ moment: String) async throws {
        let listed = try await other.preparedBranches().contains(xid)
        try require(listed == expected, "\(moment) the branch is \(listed ? "" : "not ")listed")
    }

    func requireOutcome(_ xid: Xid, _ expected: BranchOutcome, _ moment: String) async throws {
        let outcome = try await other.outcome(of: xid)
        try require(outcome == expected, "\(moment) the outcome is \(outcome), not \(expected)")
    }

    /// The error that `body` throws, which has to throw one.
    @discardableResult
    func requireError(
        _ otherwise: String, _ body: () async throws -> Void
    ) async throws -> any Error {
        do {
            try await body()
        } catch {
            return error
        }
        throw Violation(otherwise)
    }
}
