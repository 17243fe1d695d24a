internal import Journal
public import Model
internal import Synchronization
public import Transactions
internal import WAL

// What a coordinator asks of the part that this process has in its transaction. Every verb can be
// repeated.

extension TransactionParticipants {
    /// Has the part prepared. When it returns `prepared`, the part is on disk and ends as the
    /// coordinator says, whatever happens; after `readOnly` it has ended, and is left alone.
    ///
    /// - Parameter part: the one that answers named; nil where no answer came.
    /// - Throws: `transactionNotFound` where the part is not here or is another one, and otherwise why
    ///   it cannot be committed. Then it is rolled back, or will be.
    public func prepare(
        _ xid: Xid, part: TransactionID?
    ) async throws(RepriseError) -> PartVote {
        guard let participant = shared.participants[xid] else {
            if let logged = logged(xid), logged.phase == .intended, part ?? logged.id == logged.id {
                return PartVote(.prepared, part: own(logged.id))
            }
            throw TransactionParticipants.lost
        }
        try check(participant, part)
        return PartVote(try await participant.prepare(), part: own(participant.transaction.id))
    }

    private func own(_ id: TransactionID) -> RemotePart {
        RemotePart(journal: shared.log.identity, transaction: id)
    }

    /// Leaves the decision to the part, which is all that the transaction has. When it is repeated, it
    /// answers the same, for some minutes after the part has ended and while this process lives.
    ///
    /// - Throws: `transactionNotFound` where the part is not here or is another one, which is then not
    ///   committed; `transactionRolledBack`; `transactionInDoubt` where nobody knows.
    public func commitOnePhase(_ xid: Xid, part: TransactionID?) async throws(RepriseError) {
        switch try await endInOnePhase(xid, part) {
        case .committed: return
        case .rolledBack(let reason):
            throw RepriseError(
                .transactionRolledBack, "The participant rolled the transaction back: \(reason)")
        case .inDoubt(let reason):
            throw RepriseError(
                .transactionInDoubt,
                "Nobody knows yet whether the participant has committed: \(reason)")
        }
    }

    private func endInOnePhase(
        _ xid: Xid, _ part: TransactionID?
    ) async throws(RepriseError) -> TransactionReport {
        let refusal: RepriseError
        if let participant = shared.participants[xid] {
            do throws(RepriseError) {
                try check(participant, part)
                return try await participant.commitOnePhase()
            } catch {
                refusal = error
            }
        } else {
            refusal = TransactionParticipants.lost
        }
        // It may have ended, and the answer was lost.
        let ended = shared.onePhaseEndings.report(of: xid, part: part, now: shared.monotonic())
        guard let ended else { throw refusal }
        return ended
    }

    private func check(
        _ participant: Participant, _ part: TransactionID?
    ) throws(RepriseError) {
        guard part == nil || part == participant.transaction.id else {
            throw TransactionParticipants.lost
        }
    }

    /// The coordinator has decided to commit. The decision is durable here when the call returns, so
    /// the coordinator may forget it. Succeeds where the part is not known any more.
    ///
    /// Where the part is another process's, what it has prepared in resources that are registered here as
    /// well is committed all the same, so that nobody has to wait for that process. The coordinator has
    /// to: the part's durable actions are in its journal.
    ///
    /// - Parameter part: as the vote named it; nil where it named none, and then a part that was never
    ///   known passes for one that has ended.
    /// - Throws: `transactionNotFound` where the part is in another process's journal: that one has to
    ///   be told as well. `ResourceError.heuristic` where an operator decided otherwise. Anything else
    ///   means "try again".
    public func commit(_ xid: Xid, part: RemotePart?) async throws {
        if let part, part.journal != shared.log.identity {
            await shared.commitBranches(of: part)
            throw TransactionParticipants.elsewhere
        }
        try await obey(xid, .committed)
    }

    private static let elsewhere = RepriseError(
        .transactionNotFound,
        "The part is in the journal of another process, which has to be told as well; the decision is "
            + "repeated by itself. Start that process again, or have the participant's address reach it. "
            + "If its journal is lost, resolve the transaction as committed.")

    /// The coordinator has decided to roll back. Succeeds where the part is not known (any more).
    ///
    /// Where the part is another process's, that one asks for the decision and hears the same.
    ///
    /// - Throws: as `commit`.
    public func rollBack(_ xid: Xid) async throws {
        try await obey(xid, .notCommitted)
    }

    /// The transaction was read-only and is over: the part lets go of what it holds. Best effort.
    public func end(_ xid: Xid) async {
        guard let participant = shared.participants[xid], participant.transaction.isReadOnly else {
            return
        }
        _ = try? await participant.commitOnePhase()
    }

    private func obey(_ xid: Xid, _ outcome: BranchOutcome) async throws {
        if let participant = shared.participants[xid] {
            try await participant.obey(outcome)
            let id = participant.transaction.id
            return try await settle(shared.log.journal.withCore { $0.transactions[id] }, outcome)
        }
        // It may have ended by an answer of the coordinator, of which the disk does not know yet.
        guard let logged = logged(xid) else { return try await settle(nil, outcome) }
        if logged.phase == .intended { await takeUp(logged, outcome) }
        try await settle(shared.log.journal.withCore { $0.transactions[logged.id] }, outcome)
    }

    /// What an earlier process prepared is finished now.
    private func takeUp(_ logged: LiveTransaction, _ outcome: BranchOutcome) async {
        guard let asked = logged.outline.asked else { return }
        let word = CoordinatorInput.onePhase(
            asked, outcome, reason: "the coordinator rolled the transaction back")
        if let driver = shared.driver(logged.id) {
            await driver.drive(word)
            return
        }
        let driver = CoordinatorDriver(recovering: logged, shared: shared)
        guard shared.adopt(driver) else { return }
        // It may have ended since it was read, by whoever had it then.
        guard shared.log.journal.withCore({ $0.transactions[logged.id]?.phase }) == .intended else {
            return shared.release(driver)
        }
        await driver.drive(word)
    }

    /// Looks at what came of it: a coordinator that hears of success forgets its decision.
    private func settle(_ logged: LiveTransaction?, _ outcome: BranchOutcome) async throws {
        switch logged?.phase {
        case .intended:
            throw RepriseError(
                .transactionInDoubt, "The decision could not be written down yet. Ask again.")
        case .heuristic:
            let branches = logged?.outline.branches ?? []
            for branch in branches {
                guard let given = branch.heuristic, given != outcome else { continue }
                throw ResourceError.heuristic(
                    given, reason: logged?.reason ?? "decided by an operator")
            }
        case .committing, nil: break
        }
        guard outcome == .committed else { return }
        let log = shared.log.journal.log
        log.flush()
        try await log.waitDurable(log.appended)
    }

    // MARK: Asked

    /// How the part stands; one that is only in the log is `prepared` there.
    ///
    /// - Throws: `transactionNotFound`: it has ended, or never was.
    public func status(_ xid: Xid) throws(RepriseError) -> Subordinate.Phase {
        if let participant = shared.participants[xid] { return participant.phase }
        switch logged(xid)?.phase {
        case .intended: return .prepared
        case .committing: return .committing
        case .heuristic, nil: throw TransactionParticipants.lost
        }
    }

    /// The most that `prepared` gives at once.
    public static let maxPrepared = 1_000

    /// Branches that are prepared here and wait for their coordinators' decisions, in the order of their
    /// text; only those behind `last`.
    public func prepared(after last: String = "", limit: Int = maxPrepared)
        -> [Xid]
    {
        let waiting = shared.log.journal.unfinishedTransactions.compactMap { live -> String? in
            guard live.phase == .intended, let xid = live.outline.superior?.xid,
                xid.description > last
            else { return nil }
            return xid.description
        }
        let limit = min(max(1, limit), TransactionParticipants.maxPrepared)
        return waiting.sorted().prefix(limit).compactMap { Xid(text: $0) }
    }
}
