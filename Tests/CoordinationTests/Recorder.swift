import Synchronization
import TestSupport
import Transactions

/// A resource that does nothing and writes down what it was asked to do.
final class Recorder: TransactionResource {
    struct Failure: Error {}

    let name: String
    let abilities: ResourceAbilities
    let diary: Probe<[String]>
    let vote: Vote
    let prepareFails: Bool

    init(
        _ name: String, _ diary: Probe<[String]>, prepares: Bool = true,
        recordsOutcome: Bool = true, vote: Vote = .prepared, prepareFails: Bool = false
    ) {
        self.name = name
        self.diary = diary
        self.vote = vote
        self.prepareFails = prepareFails
        abilities = ResourceAbilities(prepares: prepares, recordsOutcome: recordsOutcome)
    }

    func note(_ verb: String) { diary.update { $0.append("\(name) \(verb)") } }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> RecordedBranch {
        note("begin")
        return RecordedBranch(recorder: self)
    }

    func commitPrepared(_ xid: Xid) async throws { note("commit") }
    func rollbackPrepared(_ xid: Xid) async throws { note("rollback prepared") }
    func preparedBranches() async throws -> [Xid] { [] }
    func outcome(of xid: Xid) async throws -> BranchOutcome { .committed }
}

struct RecordedBranch: TransactionBranch {
    let recorder: Recorder

    func prepare() async throws -> Vote {
        recorder.note("prepare")
        if recorder.prepareFails { throw Recorder.Failure() }
        return recorder.vote
    }

    func commitOnePhase(recordingOutcome: Bool) async throws {
        recorder.note(recordingOutcome ? "commit recorded" : "commit one phase")
    }

    func rollback() async throws { recorder.note("rollback") }
}
