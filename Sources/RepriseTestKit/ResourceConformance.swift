internal import Model
internal import Synchronization
public import Transactions

/// Checks whether a resource keeps what `TransactionResource` promises. Call it from a test, with any
/// test library:
///
///     let conformance = ResourceConformance(
///         resource,
///         write: { branch, key, value in try await branch.put(key, value) },
///         read: { key in try await database.committedValue(key) })
///     try await conformance.check()
///
/// What the resource cannot do by its own `abilities` is not asked of it. Keys are texts of at most 64
/// letters, digits and dashes, and are different in every check and every run; what a check prepares,
/// it finishes.
public struct ResourceConformance<Resource: TransactionResource>: Sendable {
    let resource: Resource
    /// The same store, reached another way.
    let other: Resource
    let write: @Sendable (Resource.Branch, String, String) async throws -> Void
    let read: @Sendable (String) async throws -> String?
    let limit: Duration

    /// - Parameters:
    ///   - other: another instance over the same store, as another process would have: it finishes
    ///     what `resource` prepared. `resource` itself where there is none.
    ///   - write: sets a key to a value in a branch. May wait for other branches.
    ///   - read: the committed value of a key, nil where there is none. Must not wait for branches.
    ///   - limit: how long a check may take before it counts as failed.
    public init(
        _ resource: Resource, other: Resource? = nil,
        write: @escaping @Sendable (Resource.Branch, String, String) async throws -> Void,
        read: @escaping @Sendable (String) async throws -> String?,
        limit: Duration = .seconds(120)
    ) {
        self.resource = resource
        self.other = other ?? resource
        self.write = write
        self.read = read
        self.limit = limit
    }

    /// Runs every check that applies, one after another.
    ///
    /// - Throws: `ResourceNonconformance` with everything that was found.
    public func check() async throws {
        let findings = await findings()
        if !findings.isEmpty { throw ResourceNonconformance(findings: findings) }
    }

    /// As `check`; empty where all is well.
    public func findings() async -> [ResourceFinding] {
        var findings: [ResourceFinding] = []
        for check in checks {
            if let problem = await run(check) {
                findings.append(ResourceFinding(check: check.name, problem: problem))
            }
        }
        return findings
    }

    /// The names of the checks that apply.
    public var checkNames: [String] { checks.map(\.name) }

    struct Check: Sendable {
        var name: String
        var body: @Sendable () async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
            self.name = name
            self.body = body
        }
    }

    var checks: [Check] {
        var checks = basicChecks
        checks += resource.abilities.prepares ? preparingChecks : refusingChecks
        if resource.abilities.recordsOutcome { checks += outcomeChecks }
        return checks
    }

    /// A check that hangs is left behind: its task is cancelled, but may not listen.
    private func run(_ check: Check) async -> String? {
        let limit = limit
        let (answers, continuation) = AsyncStream<String?>.makeStream()
        let work = Task {
            do {
                try await check.body()
                continuation.yield(nil)
            } catch {
                continuation.yield("\(error)")
            }
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            continuation.yield("was not done within \(limit)")
        }
        defer {
            work.cancel()
            timer.cancel()
        }
        for await answer in answers { return answer }
        return "was cancelled"
    }
}

/// A promise that a resource does not keep.
public struct ResourceFinding: Sendable, Hashable, CustomStringConvertible {
    /// What should hold.
    public var check: String
    /// What was seen instead.
    public var problem: String

    public var description: String { "\(check): \(problem)" }
}

/// Every promise that a resource does not keep.
public struct ResourceNonconformance: Error, Sendable, Hashable, CustomStringConvertible {
    public var findings: [ResourceFinding]

    public var description: String {
        findings.map(\.description).joined(separator: "\n")
    }
}

/// Ends a check.
struct Violation: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
