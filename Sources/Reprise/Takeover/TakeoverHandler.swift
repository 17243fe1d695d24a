internal import Coordination
internal import Logging
internal import Model
internal import Recovery
internal import Transactions

/// Recovers the sessions in which nodes leave the branches of decided transactions to others.
struct TakeoverHandler: RecoveryHandler {
    private let takeover: Takeover

    init(_ takeover: Takeover) {
        self.takeover = takeover
    }

    func recover(_ session: RecoverySession) async throws -> HandlerOutcome {
        guard let list = session.records.first.flatMap({ CommitList(decoding: $0) }) else {
            return .park(reason: "Its record is no list of branches that this version can read.")
        }
        switch await takeover.commit(list) {
        case .committed: return .complete
        // Counted, so that the delay grows; its policy has no last attempt.
        case .pending(let reason): return .retry(reason: reason)
        case .heuristic(let reason): return .park(reason: reason)
        }
    }
}

/// What a process recovers: what its users brought handlers for, and what is Reprise's own.
struct RecoveryBook: Sendable {
    private let own: [Kind: any RecoveryHandler]

    /// - Throws: `invalidRequest` and `resourceUnsuitable` where two resources have one name, or one
    ///   has none.
    init(resources: [any TransactionResource], logger: Logger) throws(RepriseError) {
        guard !resources.isEmpty else {
            own = [:]
            return
        }
        let registry = ResourceRegistry()
        for resource in resources { try registry.register(resource) }
        own = [
            .transactionFinish: TakeoverHandler(Takeover(resources: registry, logger: logger))
        ]
    }

    /// - Throws: `configuration` where somebody else handles a kind of ours.
    func handlers(
        _ handlers: [Kind: any RecoveryHandler]
    ) throws(RepriseError) -> [Kind: any RecoveryHandler] {
        try RecoveryBook.check(handlers.keys)
        return handlers.merging(own) { $1 }
    }

    func policies(_ policies: [Kind: KindPolicy]) -> [Kind: KindPolicy] {
        own.isEmpty ? policies : policies.merging([.transactionFinish: .transactionFinish]) { $1 }
    }

    static func check(_ kinds: some Sequence<Kind>) throws(RepriseError) {
        guard let kind = kinds.first(where: \.isReserved) else { return }
        throw RepriseError(
            .configuration,
            "\(kind) is a kind of Reprise's own: nobody else configures or handles it. Use a name "
                + "that does not begin with 'reprise.transaction.'.")
    }
}
