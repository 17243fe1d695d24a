import Coordination
import Synchronization
import TestSupport
import Transactions

/// A resource that does nothing, writes down what it was asked to do, and does before it whatever the
/// test wants: fail, hang, look around.
final class Recorder: TransactionResource {
    struct Failure: Error {}

    typealias Hook = @Sendable (Verb) async throws -> Void

    enum Verb: String, Sendable, CaseIterable {
        case begin
        case work
        case prepare
        case commitOnePhase = "commit one phase"
        case commitRecorded = "commit recorded"
        case rollback
        case commit
        case rollbackPrepared = "rollback prepared"
        case list
        case outcome
        case forget
    }

    let name: String
    let abilities: ResourceAbilities
    let diary: Probe<[String]>
    let vote: Vote
    /// What the resource lists as prepared.
    let prepared = Mutex<Set<Xid>>([])
    /// What it answers when it is asked for an outcome.
    let answer: BranchOutcome
    private let hook: Mutex<Hook>

    init(
        _ name: String, _ diary: Probe<[String]> = Probe([]), prepares: Bool = true,
        recordsOutcome: Bool = true, vote: Vote = .prepared, answer: BranchOutcome = .committed,
        hook: @escaping Hook = { _ in }
    ) {
        self.name = name
        self.diary = diary
        self.vote = vote
        self.answer = answer
        self.hook = Mutex(hook)
        abilities = ResourceAbilities(prepares: prepares, recordsOutcome: recordsOutcome)
    }

    /// Its verbs, without the listings of recovery.
    var verbs: [String] {
        diary.read { diary in
            diary.filter { $0.hasPrefix("\(name) ") }.map { String($0.dropFirst(name.count + 1)) }
                .filter { $0 != Verb.list.rawValue }
        }
    }

    func count(_ verb: Verb) -> Int { verbs.count { $0 == verb.rawValue } }

    func onCall(_ hook: @escaping Hook) { self.hook.withLock { $0 = hook } }

    func note(_ verb: Verb) async throws {
        diary.update { $0.append("\(name) \(verb.rawValue)") }
        try await hook.withLock(\.self)(verb)
    }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> RecordedBranch {
        try await note(.begin)
        return RecordedBranch(recorder: self, xid: xid, readOnly: readOnly)
    }

    func commitPrepared(_ xid: Xid) async throws {
        try await note(.commit)
        prepared.withLock { _ = $0.remove(xid) }
    }

    func rollbackPrepared(_ xid: Xid) async throws {
        try await note(.rollbackPrepared)
        prepared.withLock { _ = $0.remove(xid) }
    }

    func preparedBranches() async throws -> [Xid] {
        try await note(.list)
        return prepared.withLock { Array($0) }
    }

    func outcome(of xid: Xid) async throws -> BranchOutcome {
        try await note(.outcome)
        return answer
    }

    func forgetOutcome(of xid: Xid) async { try? await note(.forget) }
}

final class RecordedBranch: TransactionBranch {
    let recorder: Recorder
    let xid: Xid
    let readOnly: Bool
    let interruptions = Probe<Int>(0)

    init(recorder: Recorder, xid: Xid, readOnly: Bool) {
        self.recorder = recorder
        self.xid = xid
        self.readOnly = readOnly
    }

    func work() async throws { try await recorder.note(.work) }

    /// A call that does not return before it is interrupted, or minutes have passed.
    func hang() async throws {
        try await interruptions.wait("the interruption", seconds: 60) { $0 > 0 }
        throw Recorder.Failure()
    }

    func prepare() async throws -> Vote {
        try await recorder.note(.prepare)
        if recorder.vote == .prepared { recorder.prepared.withLock { _ = $0.insert(xid) } }
        return recorder.vote
    }

    func commitOnePhase(recordingOutcome: Bool) async throws {
        try await recorder.note(recordingOutcome ? .commitRecorded : .commitOnePhase)
    }

    func rollback() async throws { try await recorder.note(.rollback) }

    func interrupt() { interruptions.update { $0 += 1 } }
}

/// Counts, for "exactly once".
final class Count: Sendable {
    private let number = Atomic(0)
    var value: Int { number.load(ordering: .sequentiallyConsistent) }
    func add() { number.wrappingAdd(1, ordering: .sequentiallyConsistent) }
}
