internal import Journal
public import Model
internal import Synchronization
public import Transactions

/// The parts that this process has in transactions of other processes: requests that carry such a
/// transaction work in its part here, and its coordinator deals with the part by the verbs.
///
/// A part has a transaction of its own here, with a branch in every resource that was enlisted. When
/// the coordinator has it prepared, these branches are prepared and one record is forced to the
/// journal; from then on the part waits for the coordinator's decision, over any number of restarts.
/// Carrying the header and the verbs between processes is left to a `ParticipantLink` and a `SuperiorLink`.
public final class TransactionParticipants: Sendable {
    let shared: SharedCoordination

    init(shared: SharedCoordination) {
        self.shared = shared
    }

    /// From now on coordinators can be asked, and work that their requests bring is accepted.
    public func connect(_ link: any SuperiorLink) {
        shared.participants.connect(link)
        // What an earlier process prepared need not wait for its next try.
        for driver in shared.drivers {
            guard let number = driver.superior?.number else { continue }
            shared.later(after: 0) { await driver.drive(.retry(number)) }
        }
    }

    // MARK: Work

    /// What a request left behind.
    public struct Answer<Result> {
        public var result: Result
        /// The part that the caller's coordinator has to deal with; nil where nothing was left in it.
        public var part: TransactionID?
    }

    /// Runs `body` in the part that this process has in the caller's transaction, which is begun where
    /// there is none. The part stays as it is when `body` returns; an error that it throws keeps the
    /// whole transaction from committing.
    ///
    /// - Parameters:
    ///   - readOnly: whether this call must not write, whatever the caller says.
    ///   - headers: trace context and causation for the part's outcome event, if it is new.
    ///   - isFailure: whether a result keeps the transaction from committing, as an error does.
    /// - Throws: what `body` throws, as `PartFailure` where the caller's coordinator has to deal with
    ///   what is left; `unauthorized` where nobody configured the coordinator's address,
    ///   `transactionNotFound` where the part that the caller means is lost, `transactionNotActive`
    ///   where it has voted, `tooLarge` where there are too many parts, `shuttingDown`.
    public func run<Result>(
        _ context: TransactionContext, readOnly: Bool = false, headers: [Header] = [],
        isFailure: (Result) -> Bool = { _ in false },
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Transaction) async throws -> Result
    ) async throws -> Answer<Result> {
        let participant = try enter(context, headers)
        let transaction = participant.transaction
        let scope = TransactionScope(
            transaction: transaction,
            isReadOnly: readOnly || context.mode != .writing || transaction.isReadOnly)
        let result: Result
        do {
            result = try await TransactionScope.$current.withValue(scope) {
                try await body(transaction)
            }
        } catch {
            let isLeft = participant.leave(scope.isReadOnly ? nil : transaction.failed(error))
            throw PartFailure(error: error, part: isLeft ? transaction.id : nil)
        }
        let failure = isFailure(result) && !scope.isReadOnly ? transaction.failed(nil) : nil
        let isLeft = participant.leave(failure)
        return Answer(result: result, part: isLeft ? transaction.id : nil)
    }

    private func enter(
        _ context: TransactionContext, _ headers: [Header]
    ) throws(RepriseError) -> Participant {
        guard shared.participants.link?.accepts(context.address) == true else {
            throw RepriseError(
                .unauthorized,
                "The request's transaction has a coordinator that this process does not know. Name "
                    + "its address where the participants are set up.")
        }
        if context.part == nil, logged(context.xid) != nil {
            // Prepared by an earlier process: no work can be added.
            throw RepriseError(.transactionNotActive, "The transaction has voted here already.")
        }
        let participant = try find(context)
        if participant.transaction.id != context.part, context.part != nil {
            throw TransactionParticipants.lost
        }
        try participant.enter()
        if !headers.isEmpty { participant.transaction.adopt(headers) }
        return participant
    }

    private func find(_ context: TransactionContext) throws(RepriseError) -> Participant {
        let limit = shared.options.maxParticipants
        if context.part != nil {
            guard let found = shared.participants[context.xid] else {
                throw TransactionParticipants.lost
            }
            return found
        }
        switch shared.participants.find(context.xid, limit: limit, orMake: { make(context) }) {
        case .found(let participant): return participant
        case .made(let participant):
            participant.watchIdle()
            return participant
        case .full:
            throw RepriseError(
                .tooLarge,
                "This process takes part in \(limit) transactions of others, its limit.")
        case .closed: throw RepriseError(.shuttingDown, "This process is shutting down.")
        }
    }

    private func make(_ context: TransactionContext) -> Participant {
        let limit = min(max(context.timeLeft, 0), TransactionOptions.maxTimeout)
        let transaction = Transaction(
            id: shared.log.newTransaction(), isReadOnly: context.mode == .readingTransaction,
            deadline: shared.monotonic() + limit, shared: shared)
        return Participant(
            Superior(xid: context.xid, address: context.address), transaction, shared: shared)
    }

    static let lost = RepriseError(
        .transactionNotFound,
        "The part that this process had in the transaction is gone, and the work in it is rolled "
            + "back: begin the transaction again.")

    /// What the log has of a part that an earlier process prepared, or that an operator decided.
    func logged(_ xid: Xid) -> LiveTransaction? {
        shared.log.journal.unfinishedTransactions.first { $0.outline.superior?.xid == xid }
    }
}

/// What work in another process's transaction threw, and what it left behind.
public struct PartFailure: Error {
    public var error: any Error
    /// The part that the caller's coordinator has to deal with; nil where nothing was left in it.
    public var part: TransactionID?
}

extension TransactionManager {
    /// The parts that this process has in transactions of other processes.
    public var participants: TransactionParticipants { TransactionParticipants(shared: shared) }
}
