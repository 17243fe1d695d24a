internal import Model
public import Transactions

/// Another process that takes part in transactions of this one: a resource like any other, whose
/// branches are parts of the transaction in that process.
///
/// Give it to `Reprise.open` under a name that stays the same: recovery finds the process by it. Calls
/// in a transaction go through its branch: `transaction.enlist(participant).call(…)`.
/// The branch is known to the coordinator before the first
/// request goes out, so a lost answer leaves nothing behind.
public final class RemoteParticipant: TransactionResource {
    public let name: String
    /// Where this process answers participants that ask how a transaction was decided.
    public let coordinator: String
    let link: any ParticipantLink

    /// - Parameter coordinator: the address of this process as the participant reaches it, at most 256
    ///   visible ASCII characters; the participant must have been told to accept it.
    public init(name: String, coordinator: String, link: any ParticipantLink) {
        self.name = name
        self.coordinator = coordinator
        self.link = link
    }

    public var abilities: ResourceAbilities {
        // The only branch with durable work beside it is prepared: two calls, and nothing to ask.
        ResourceAbilities(prepares: true, recordsOutcome: false)
    }

    /// No call is made: the part begins with the first request.
    public func begin(_ xid: Xid, readOnly: Bool) async throws -> RemoteBranch {
        RemoteBranch(self, xid: xid, isReadOnly: readOnly)
    }

    public func commitPrepared(_ xid: Xid) async throws {
        try await commitPrepared(xid, part: nil)
    }

    public func commitPrepared(_ xid: Xid, part: RemotePart?) async throws {
        try await link.commit(xid, part: part)
    }

    public func rollbackPrepared(_ xid: Xid) async throws { try await link.rollBack(xid) }

    public func preparedBranches() async throws -> [Xid] {
        var found: [Xid] = []
        while found.count < RemoteParticipant.maxPrepared {
            let page = try await link.prepared(after: found.last?.description ?? "")
            if page.isEmpty { break }
            found += page
        }
        return found
    }

    /// At one look: what is beyond comes with the next one.
    private static let maxPrepared = 100_000

    public func outcome(of xid: Xid) async throws -> BranchOutcome {
        throw RepriseError(
            .resourceUnsuitable, "A participant keeps no record of a commit in one phase.")
    }
}
