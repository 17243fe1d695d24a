import Model
import ReprisePostgres
import Transactions

/// A database that this process can work in and prepare, and then cannot reach any more.
struct Unreachable: TransactionResource {
    let database: PostgresResource

    var name: String { database.name }
    var abilities: ResourceAbilities { database.abilities }

    private var failure: RepriseError {
        RepriseError(.resourceFailed, "The network is cut.")
    }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> PostgresBranch {
        try await database.begin(xid, readOnly: readOnly)
    }

    func commitPrepared(_ xid: Xid) async throws { throw failure }
    func rollbackPrepared(_ xid: Xid) async throws { throw failure }
    func outcome(of xid: Xid) async throws -> BranchOutcome { throw failure }

    /// An operator may look, where the node may not act.
    func preparedBranches() async throws -> [Xid] { try await database.preparedBranches() }
}
