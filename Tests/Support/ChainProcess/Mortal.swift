import Glibc
import Model
import ReprisePostgres
import Transactions

/// A database whose process dies at a verb.
struct Mortal: TransactionResource {
    let database: PostgresResource
    let death: Death?

    var name: String { database.name }
    var abilities: ResourceAbilities { database.abilities }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> MortalBranch {
        MortalBranch(branch: try await database.begin(xid, readOnly: readOnly), death: death)
    }

    func commitPrepared(_ xid: Xid) async throws {
        die(.beforeCommit, death)
        try await database.commitPrepared(xid)
        die(.afterCommit, death)
    }

    func rollbackPrepared(_ xid: Xid) async throws { try await database.rollbackPrepared(xid) }
    func preparedBranches() async throws -> [Xid] { try await database.preparedBranches() }
    func outcome(of xid: Xid) async throws -> BranchOutcome { try await database.outcome(of: xid) }
}

struct MortalBranch: TransactionBranch {
    let branch: PostgresBranch
    let death: Death?

    func prepare() async throws -> Vote {
        die(.beforePrepare, death)
        let vote = try await branch.prepare()
        die(.afterPrepare, death)
        return vote
    }

    func commitOnePhase(recordingOutcome: Bool) async throws {
        try await branch.commitOnePhase(recordingOutcome: recordingOutcome)
    }

    func rollback() async throws { try await branch.rollback() }
    func interrupt() { branch.interrupt() }
}

private func die(_ moment: Death, _ death: Death?) {
    if moment == death { kill(getpid(), SIGKILL) }
}
