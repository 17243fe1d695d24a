import Coordination
import Platform
import RepriseTestKit
import Synchronization
import TestSupport
import Transactions

/// The life of a process: it ends at a given moment, and nothing that it does afterwards reaches the
/// disk or a resource. Moments are before and after every call of a resource.
final class Life: Sendable {
    struct Dead: Error {}

    private struct State {
        var moment = 0
        var left: SimulatedFileSystem?
        var isOver = false
    }

    private let files: SimulatedFileSystem
    private let end: Int?
    private let state = Mutex(State())

    /// - Parameter end: the moment at which it ends, counted from 0; nil lets it live.
    init(_ files: SimulatedFileSystem, end: Int?) {
        self.files = files
        self.end = end
    }

    /// Moments so far.
    var moments: Int { state.withLock { $0.moment } }

    /// The disk as the process left it, if it has ended at its moment.
    var left: SimulatedFileSystem? { state.withLock { $0.left } }

    func pass() throws {
        try state.withLock { state in
            // The machine takes the process with it.
            if !files.hasPower { state.isOver = true }
            if state.isOver { throw Dead() }
            defer { state.moment += 1 }
            guard state.moment == end else { return }
            state.isOver = true
            state.left = files.kill()
            throw Dead()
        }
    }
}

/// A store of many processes, as one of them reaches it.
struct MortalResource: TransactionResource {
    let store: MemoryResource
    let life: Life

    var name: String { store.name }
    var abilities: ResourceAbilities { store.abilities }

    private func call<Result>(_ body: () async throws -> Result) async throws -> Result {
        try life.pass()
        let result = try await body()
        // The effect is there; the answer may not be.
        try life.pass()
        return result
    }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> MortalBranch {
        MortalBranch(
            branch: try await call { try await store.begin(xid, readOnly: readOnly) }, life: life)
    }

    func commitPrepared(_ xid: Xid) async throws {
        try await call { try await store.commitPrepared(xid) }
    }

    func rollbackPrepared(_ xid: Xid) async throws {
        try await call { try await store.rollbackPrepared(xid) }
    }

    func preparedBranches() async throws -> [Xid] {
        try await call { try await store.preparedBranches() }
    }

    func outcome(of xid: Xid) async throws -> BranchOutcome {
        try await call { try await store.outcome(of: xid) }
    }

    func forgetOutcome(of xid: Xid) async {
        try? await call { await store.forgetOutcome(of: xid) }
    }
}

struct MortalBranch: TransactionBranch {
    let branch: MemoryBranch
    let life: Life

    private func call<Result>(_ body: () async throws -> Result) async throws -> Result {
        try life.pass()
        let result = try await body()
        try life.pass()
        return result
    }

    func write(_ key: String, _ value: String) async throws {
        try await call { try await branch.write(key, value) }
    }

    func prepare() async throws -> Vote { try await call { try await branch.prepare() } }

    func commitOnePhase(recordingOutcome: Bool) async throws {
        try await call { try await branch.commitOnePhase(recordingOutcome: recordingOutcome) }
    }

    func rollback() async throws { try await call { try await branch.rollback() } }
}
