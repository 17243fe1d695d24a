internal import Model
internal import Synchronization
public import Transactions

/// The part that a transaction of this process has in another one.
public final class RemoteBranch: TransactionBranch {
    private struct State {
        /// The part that answers named.
        var part: TransactionID?
        /// Something may be left there: a part was named, or an answer did not come.
        var isInvolved = false
        /// Work that was answered is not there any more.
        var isLost = false
        /// The resource itself will be told.
        var isPrepared = false
        /// As it said with its vote.
        var prepared: RemotePart?
    }

    public let participant: RemoteParticipant
    public let xid: Xid
    let isReadOnly: Bool
    private let state = Mutex(State())

    init(_ participant: RemoteParticipant, xid: Xid, isReadOnly: Bool) {
        self.participant = participant
        self.xid = xid
        self.isReadOnly = isReadOnly
    }

    // MARK: Working

    /// What an answer says about the part.
    public enum Part: Sendable, Hashable {
        /// Nothing is left there.
        case none
        case named(TransactionID)
        /// The answer says nothing: the process did not take part.
        case missing
    }

    /// Makes a call in `transaction`: `body` sends what it is given as the header
    /// `TransactionContext.header`, and returns what the answer's `TransactionContext.partHeader` says.
    ///
    /// - Throws: what `body` throws; `transactionNotActive`, `transactionTimeout`;
    ///   `resourceUnsuitable` where the process did not take part; `transactionNotFound` where it has
    ///   lost work that it had answered, which keeps the transaction from committing.
    public func call<Result>(
        in transaction: Transaction, isolation: isolated (any Actor)? = #isolation,
        _ body: (TransactionContext) async throws -> (Result, Part)
    ) async throws -> Result {
        try transaction.checkActive()
        let known = state.withLock { $0.part }
        let context = TransactionContext(
            xid: xid, mode: mode(transaction), timeLeft: transaction.timeLeft, part: known,
            address: participant.coordinator)
        let result: Result
        let part: Part
        do {
            (result, part) = try await body(context)
        } catch {
            // It may be there, at work even.
            state.withLock { $0.isInvolved = true }
            throw error
        }
        try note(part)
        return result
    }

    private func mode(_ transaction: Transaction) -> TransactionContext.Mode {
        if isReadOnly { return .readingTransaction }
        return transaction.isReadOnlyCall ? .readingCall : .writing
    }

    private func note(_ part: Part) throws(RepriseError) {
        let isLost = state.withLock { state in
            switch part {
            case .none: break
            case .missing: state.isInvolved = true
            case .named(let id):
                state.isInvolved = true
                if let known = state.part, known != id { state.isLost = true }
                state.part = state.part ?? id
            }
            return state.isLost
        }
        if isLost { throw lost }
        if part == .missing {
            throw RepriseError(
                .resourceUnsuitable,
                "\(participant.name) answered outside of the transaction. Give its server the "
                    + "middleware for transactions.")
        }
    }

    private var lost: RepriseError {
        RepriseError(
            .transactionNotFound,
            "\(participant.name) has lost the work that it did in the transaction.")
    }

    // MARK: The end

    public func prepare() async throws -> Vote {
        let state = self.state.withLock { state in
            state.isPrepared = state.isInvolved
            return state
        }
        guard state.isInvolved else { return .readOnly }
        if state.isLost { throw lost }
        if isReadOnly {
            letGo()
            return .readOnly
        }
        let answer = try await participant.link.prepare(xid, part: state.part)
        self.state.withLock { $0.prepared = answer.part }
        return answer.vote
    }

    public var remotePart: RemotePart? { state.withLock { $0.prepared } }

    public func commitOnePhase(recordingOutcome: Bool) async throws {
        let state = self.state.withLock { $0 }
        guard state.isInvolved else { return }
        if isReadOnly { return letGo() }
        if state.isLost { throw ResourceError.rolledBack(reason: lost.message) }
        do {
            try await participant.link.commitOnePhase(xid, part: state.part)
        } catch let error as RepriseError where error.code.isRefusal {
            throw ResourceError.rolledBack(reason: error.message)
        }
    }

    public func rollback() async throws {
        let state = self.state.withLock { $0 }
        guard state.isInvolved, !state.isPrepared else { return }
        try await participant.link.rollBack(xid)
    }

    /// Nobody waits for the end of a part in which nothing was written.
    private func letGo() {
        Task.detached { [participant, xid] in await participant.link.end(xid) }
    }
}

extension ErrorCode {
    /// Nothing was committed, and nothing will be.
    fileprivate var isRefusal: Bool {
        switch self {
        case .transactionNotFound, .transactionNotActive, .transactionRolledBack,
            .transactionTimeout, .transactionReadOnly, .transactionRounds:
            true
        default: false
        }
    }
}
