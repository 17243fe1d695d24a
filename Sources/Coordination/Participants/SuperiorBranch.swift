internal import Model
internal import Transactions

/// The superior, to the participant's coordinator: a last resource. Its commit is the superior's
/// decision.
final class SuperiorBranch: TransactionBranch {
    enum Word: Sendable, Hashable {
        case decided(BranchOutcome)
        /// Nobody waits here any more: an operator stands in, or the process ends.
        case abandoned
    }

    /// What is answered to the superior's prepare.
    let vote = Promise<Vote?>()
    /// What the superior, or whoever stands in for it, said.
    let word = Promise<Word>()

    /// A last resource does not prepare.
    func prepare() async throws -> Vote { throw Undecided() }

    /// Everything else is prepared and, with `recordingOutcome`, written down: now is the time to vote,
    /// and to wait.
    func commitOnePhase(recordingOutcome: Bool) async throws {
        guard recordingOutcome else {
            // Nothing here depends on the outcome.
            vote.fulfil(.readOnly)
            return
        }
        vote.fulfil(.prepared)
        switch await word.wait() {
        case .decided(.committed): return
        case .decided(.notCommitted):
            throw ResourceError.rolledBack(reason: "the coordinator rolled the transaction back")
        case .abandoned: throw Undecided()
        }
    }

    func rollback() async throws {}

    private struct Undecided: Error {}
}

/// The superior of a part that an earlier process prepared: it is asked.
struct SuperiorResource: TransactionResource {
    let superior: Superior
    let shared: SharedCoordination

    var name: String { Superior.resource }
    var abilities: ResourceAbilities { Superior.abilities }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> SuperiorBranch { SuperiorBranch() }
    func commitPrepared(_ xid: Xid) async throws {}
    func rollbackPrepared(_ xid: Xid) async throws {}
    func preparedBranches() async throws -> [Xid] { [] }

    func outcome(of xid: Xid) async throws -> BranchOutcome {
        switch try await shared.ask(superior) {
        case .committed: return .committed
        case .rolledBack: return .notCommitted
        case .undecided:
            throw RepriseError(
                .transactionInDoubt, "The coordinator has not decided yet. It is asked again.")
        }
    }
}

extension Superior {
    static let abilities = ResourceAbilities(prepares: false, recordsOutcome: true)
}
