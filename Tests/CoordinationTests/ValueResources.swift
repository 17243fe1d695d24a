import Transactions

/// Resources that hold nothing, of no byte and of one.
struct Empty: ValueResource {
    var name: String { "empty" }
}

enum Byte: ValueResource {
    case first
    case second

    var name: String { "byte" }
}

protocol ValueResource: TransactionResource where Branch == ValueBranch {}

extension ValueResource {
    var abilities: ResourceAbilities { ResourceAbilities(prepares: true, recordsOutcome: true) }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> ValueBranch { ValueBranch() }
    func commitPrepared(_ xid: Xid) async throws {}
    func rollbackPrepared(_ xid: Xid) async throws {}
    func preparedBranches() async throws -> [Xid] { [] }
    func outcome(of xid: Xid) async throws -> BranchOutcome { .committed }
}

struct ValueBranch: TransactionBranch {
    func prepare() async throws -> Vote { .readOnly }
    func commitOnePhase(recordingOutcome: Bool) async throws {}
    func rollback() async throws {}
}
