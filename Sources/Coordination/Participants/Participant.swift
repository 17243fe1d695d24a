internal import Logging
internal import Model
internal import Synchronization
internal import Transactions

/// One part of another process's transaction, from the first request that worked in it until it has
/// ended: it waits, votes, and obeys.
final class Participant: Sendable {
    let superior: Superior
    let transaction: Transaction
    private let shared: SharedCoordination
    private let machine = Mutex(Subordinate())
    private let branch = SuperiorBranch()
    /// Everything that this process can do is done.
    private let settled = Promise<TransactionReport>()

    init(_ superior: Superior, _ transaction: Transaction, shared: SharedCoordination) {
        self.superior = superior
        self.transaction = transaction
        self.shared = shared
    }

    var phase: Subordinate.Phase { machine.withLock { $0.phase } }

    // MARK: Requests

    func enter() throws(RepriseError) {
        guard machine.withLock({ $0.enter() }) else {
            throw Coordinator.notActive(transaction.id, transaction.status)
        }
    }

    /// A request has ended; `failure` keeps the transaction from committing. False where nothing is
    /// left here that the superior had to deal with.
    func leave(_ failure: RepriseError?) -> Bool {
        if let failure { transaction.markRollbackOnly(failure) }
        let (rollsBack, isDropped) = machine.withLock { machine in
            let rollsBack = machine.leave()
            return (rollsBack, transaction.isUntouched && machine.dropIfIdle())
        }
        if rollsBack { begin { await self.finish(Participant.abandoned) } }
        if isDropped { shared.participants.remove(self) }
        return !isDropped
    }

    // MARK: Verbs

    func prepare() async throws(RepriseError) -> Vote {
        switch machine.withLock({ $0.prepare() }) {
        case .begin: begin { await self.vote() }
        case .wait: break
        case .done: return .prepared
        case .later, .obey, .refuse: throw refusal()
        }
        guard let vote = await branch.vote.wait() else { throw refusal() }
        // Before the coordinator hears of it: its decision may come at once.
        if vote == .prepared { machine.withLock { $0.voted() } }
        return vote
    }

    /// - Throws: `transactionInDoubt` where nobody knows.
    func commitOnePhase() async throws(RepriseError) -> TransactionReport {
        switch machine.withLock({ $0.commitOnePhase() }) {
        case .begin: begin { await self.commitAlone() }
        case .wait: break
        case .done, .later, .obey, .refuse: throw refusal()
        }
        return await settled.wait()
    }

    /// Returns when as much as can be done now is done.
    func obey(_ outcome: BranchOutcome) async throws(RepriseError) {
        let step = machine.withLock { machine in
            outcome == .committed ? machine.commit() : machine.rollBack()
        }
        switch step {
        case .begin:
            begin { await self.finish(Participant.abandoned) }
            _ = await settled.wait()
        case .later:
            transaction.markRollbackOnly(Participant.abandoned)
            transaction.driver.interrupt()
        case .obey:
            branch.word.fulfil(.decided(outcome))
            // Votes may still be on their way.
            if outcome == .notCommitted {
                transaction.driver.refuse(Participant.abandoned.message)
            }
            _ = await settled.wait()
        case .wait: _ = await settled.wait()
        case .done: break
        case .refuse: throw Coordinator.notActive(transaction.id, transaction.status)
        }
    }

    /// An operator stands in for the superior, or the process ends.
    func abandon() { branch.word.fulfil(.abandoned) }

    private static let abandoned = RepriseError(
        .transactionRolledBack, "The coordinator rolled the transaction back.")

    private func refusal() -> RepriseError {
        if case .rolledBack(let reason) = settled.current {
            return RepriseError(
                .transactionRolledBack, "Transaction \(transaction.id) was rolled back: \(reason)")
        }
        return Coordinator.notActive(transaction.id, transaction.status)
    }

    // MARK: The end

    /// Detached: who asked may be gone before it is done.
    private func begin(_ body: @escaping @Sendable () async -> Void) {
        Task.detached { await body() }
    }

    private func vote() async {
        guard await completesWork() else { return }
        do throws(RepriseError) {
            try transaction.enlist(branch, superior)
        } catch {
            // A last resource of its own: it cannot be prepared.
            return await finish(error)
        }
        watchPrepared()
        await finish(nil)
    }

    private func commitAlone() async {
        guard await completesWork() else { return }
        await finish(nil)
    }

    private func completesWork() async -> Bool {
        do {
            try await transaction.completeWork()
            return true
        } catch {
            await finish(error)
            return false
        }
    }

    private func finish(_ failure: (any Error)?) async {
        await transaction.end(failure, TransactionScope()) { [self] in
            let report = transaction.report ?? .inDoubt(reason: "it has no outcome")
            // Before it is gone: whoever left the decision to it may ask again.
            if phase == .committing, !transaction.isReadOnly {
                shared.onePhaseEndings.note(
                    superior.xid, part: transaction.id, report, now: shared.monotonic())
            }
            machine.withLock { $0.end() }
            shared.participants.remove(self)
            settled.fulfil(report)
            branch.vote.fulfil(nil)
        }
    }

    // MARK: Watching

    /// Asks the superior whenever nothing was heard for a while. A prepared part never gives up.
    private func watchPrepared() {
        begin { [self] in
            guard await branch.vote.wait() == .prepared else { return }
            machine.withLock { $0.voted() }
            askAgain()
        }
    }

    private func askAgain() {
        shared.later(after: shared.options.participantPatience) { [self] in
            guard branch.word.current == nil else { return }
            switch try? await shared.ask(superior) {
            case .committed: branch.word.fulfil(.decided(.committed))
            case .rolledBack: branch.word.fulfil(.decided(.notCommitted))
            case .undecided, nil: askAgain()
            }
        }
    }

    /// An unprepared part that nobody works in asks, and may give up by itself.
    func watchIdle() {
        let seen = machine.withLock { $0.entered }
        shared.later(after: shared.options.participantPatience) { [self] in
            let (phase, entered) = machine.withLock { ($0.phase, $0.entered) }
            guard phase == .active || phase == .leaving else { return }
            let wasIdle = entered == seen
            let answer = wasIdle ? try? await shared.ask(superior) : .undecided
            let isOverdue = shared.monotonic() >= transaction.deadline
            let givesUp = machine.withLock { machine in
                machine.neglected(
                    answer, wasIdle: machine.entered == seen, isOverdue: isOverdue)
            }
            guard givesUp else { return watchIdle() }
            shared.log.logger.info(
                "an idle part of another process's transaction is rolled back",
                metadata: ["reprise.transaction.id": "\(transaction.id)"])
            await finish(Participant.abandoned)
        }
    }
}
