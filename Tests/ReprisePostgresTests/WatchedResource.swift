import ReprisePostgres
import Synchronization
import Transactions

/// A call of a resource that something can happen before and after.
enum WatchedVerb: Sendable {
    case prepare, commitPrepared
}

/// A database whose calls tell when they come and when they are done. What `before` and `after` throw
/// is a call that never arrived, or an answer that was lost.
final class WatchedResource: TransactionResource {
    typealias Watch = @Sendable (_ resource: String, _ verb: WatchedVerb) async throws -> Void

    let name: String
    let abilities: ResourceAbilities
    let database: PostgresResource
    fileprivate let before: Watch
    fileprivate let after: Watch

    init(_ database: PostgresResource, before: @escaping Watch, after: @escaping Watch) {
        name = database.name
        abilities = database.abilities
        self.database = database
        self.before = before
        self.after = after
    }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> WatchedBranch {
        WatchedBranch(try await database.begin(xid, readOnly: readOnly), self)
    }

    func commitPrepared(_ xid: Xid) async throws {
        try await before(name, .commitPrepared)
        try await database.commitPrepared(xid)
        try await after(name, .commitPrepared)
    }

    func rollbackPrepared(_ xid: Xid) async throws { try await database.rollbackPrepared(xid) }
    func preparedBranches() async throws -> [Xid] { try await database.preparedBranches() }
    func outcome(of xid: Xid) async throws -> BranchOutcome { try await database.outcome(of: xid) }
}

final class WatchedBranch: TransactionBranch {
    let branch: PostgresBranch
    private let resource: WatchedResource

    init(_ branch: PostgresBranch, _ resource: WatchedResource) {
        self.branch = branch
        self.resource = resource
    }

    func prepare() async throws -> Vote {
        try await resource.before(resource.name, .prepare)
        let vote = try await branch.prepare()
        try await resource.after(resource.name, .prepare)
        return vote
    }

    func commitOnePhase(recordingOutcome: Bool) async throws {
        try await branch.commitOnePhase(recordingOutcome: recordingOutcome)
    }

    func rollback() async throws { try await branch.rollback() }
    func interrupt() { branch.interrupt() }
}
