import Model
import Synchronization
import Transactions

/// A resource that does nothing but agree: what is measured over it is the manager.
final class InstantResource: TransactionResource {
    let name: String
    let abilities = ResourceAbilities(prepares: true, recordsOutcome: true)
    /// Seconds, of the first commit of a prepared branch; 0 before.
    private let seen = Mutex((count: 0, first: 0.0, last: 0.0))
    private let counts: Bool

    /// - Parameter counts: note when prepared branches are committed.
    init(_ name: String, counts: Bool = false) {
        self.name = name
        self.counts = counts
    }

    var commits: (count: Int, first: Double, last: Double) { seen.withLock { $0 } }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> InstantBranch {
        InstantBranch(vote: readOnly ? .readOnly : .prepared)
    }

    func commitPrepared(_ xid: Xid) async throws {
        guard counts else { return }
        let now = monotonicSeconds()
        seen.withLock { seen in
            if seen.count == 0 { seen.first = now }
            seen.count += 1
            seen.last = now
        }
    }

    func rollbackPrepared(_ xid: Xid) async throws {}
    func preparedBranches() async throws -> [Xid] { [] }
    func outcome(of xid: Xid) async throws -> BranchOutcome { .committed }
}

final class InstantBranch: TransactionBranch {
    private let vote: Vote

    init(vote: Vote) {
        self.vote = vote
    }

    func prepare() async throws -> Vote { vote }
    func commitOnePhase(recordingOutcome: Bool) async throws {}
    func rollback() async throws {}
}
