public import Model
internal import Synchronization
public import Transactions

/// An unfinished transaction as operators see it.
public struct TransactionView: Sendable, Hashable {
    public var id: TransactionID
    public var status: TransactionStatus
    /// Of the first record in the log; nil where it has none yet.
    public var time: Timestamp?
    /// Resources, and how their branches stand.
    public var branches: [Branch]
    /// Whether somebody should look at it.
    public var standing: Standing
    public var reason: String

    public init(
        id: TransactionID, status: TransactionStatus, time: Timestamp?, branches: [Branch],
        standing: Standing, reason: String
    ) {
        self.id = id
        self.status = status
        self.time = time
        self.branches = branches
        self.standing = standing
        self.reason = reason
    }

    /// Finished otherwise than decided.
    public var isHeuristic: Bool { standing == .heuristic }

    /// What a transaction waits for; the gravest first.
    public enum Standing: String, Sendable, Hashable, CaseIterable {
        /// Finished, and not every branch did as decided: until an operator forgets it.
        case heuristic
        /// Nobody knows the outcome: the branch that decides cannot be asked.
        case inDoubt
        /// Decided; a branch cannot be told, and is tried again.
        case pending
        /// Somebody is at it.
        case working

        /// These come first in a list.
        var rank: Int { self == .heuristic || self == .inDoubt ? 0 : 1 }
    }

    public struct Branch: Sendable, Hashable {
        public var number: UInt32
        public var resource: String
        public var state: State
        /// How it ended, where that is not as decided or only an operator's word.
        public var heuristic: BranchOutcome?
        /// Failed tries of what it is told.
        public var attempts: UInt32
        /// Why the last try failed; nil where none did.
        public var trouble: RepriseError?

        public init(
            number: UInt32, resource: String, state: State, heuristic: BranchOutcome? = nil,
            attempts: UInt32, trouble: RepriseError? = nil
        ) {
            self.number = number
            self.resource = resource
            self.state = state
            self.heuristic = heuristic
            self.attempts = attempts
            self.trouble = trouble
        }

        public enum State: String, Sendable, Hashable, CaseIterable {
            case active, preparing, prepared, readOnly, committingOnePhase, asking, committing
            case committed, rollingBack, rolledBack, heuristic
        }
    }
}

extension TransactionView.Branch {
    /// As the log has it.
    init(_ reference: BranchReference, of live: LiveTransaction) {
        self.init(
            number: reference.number, resource: reference.resource, state: .prepared,
            heuristic: reference.heuristic, attempts: 0)
        switch live.phase {
        case .heuristic: state = .heuristic
        case .committing: state = reference.heuristic == nil ? .committing : .heuristic
        case .intended: state = reference.number == live.outline.asked ? .asking : .prepared
        }
    }

    /// As its coordinator has it.
    init(_ branch: Participation, trouble: RepriseError?) {
        self.init(
            number: branch.number, resource: branch.resource, state: .active,
            attempts: branch.attempts, trouble: branch.attempts > 0 ? trouble : nil)
        switch branch.state {
        case .active: state = .active
        case .preparing: state = .preparing
        case .prepared: state = .prepared
        case .readOnly: state = .readOnly
        case .committingOnePhase: state = .committingOnePhase
        case .asking: state = .asking
        case .committing: state = .committing
        case .committed: state = .committed
        case .rollingBack: state = .rollingBack
        case .rolledBack: state = .rolledBack
        case .heuristic(let outcome):
            state = .heuristic
            heuristic = outcome
        }
    }
}

extension TransactionView {
    /// As the log has it, where nobody is at it.
    package init(_ live: LiveTransaction) {
        let standing: Standing =
            switch live.phase {
            case .heuristic: .heuristic
            case .committing: .pending
            case .intended: .inDoubt
            }
        self.init(
            id: live.id, status: live.phase == .heuristic ? .committed : .committing,
            time: live.time, branches: live.outline.branches.map { Branch($0, of: live) },
            standing: standing, reason: live.reason)
    }
}

extension CoordinatorDriver {
    func view(logged: LiveTransaction?) -> TransactionView {
        state.withLock { state in
            let branches = state.coordinator.branches
            let standing: TransactionView.Standing
            if logged?.phase == .heuristic {
                standing = .heuristic
            } else if branches.contains(where: { $0.state == .asking && $0.attempts > 0 }) {
                standing = .inDoubt
            } else {
                standing = branches.contains { $0.attempts > 0 } ? .pending : .working
            }
            return TransactionView(
                id: id, status: state.coordinator.status, time: logged?.time,
                branches: branches.map {
                    TransactionView.Branch($0, trouble: state.troubles[$0.number])
                }, standing: standing, reason: state.coordinator.reason)
        }
    }

    /// Something was tried and failed, and is being tried again.
    var waitsForOperator: Bool {
        state.withLock { state in state.coordinator.branches.contains { $0.attempts > 0 } }
    }
}
