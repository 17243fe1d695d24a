public import Model

/// The coordinator of one transaction: two-phase commit with presumed abort (Mohan, Lindsay,
/// Obermarck: Transaction Management in the R* Distributed DBMS, 1986), one phase for a single
/// branch, and one last resource that cannot prepare (the last agent of the same paper).
///
/// A value with a total transition function: every input in every state gives effects, and input
/// that means nothing there gives none. Two rules hold whatever comes in: no rollback verb is asked
/// for after the decision to commit, and no commit verb for a prepared branch before it is written.
public struct Coordinator: Sendable, Hashable {
    public let id: TransactionID
    public internal(set) var status: TransactionStatus
    public internal(set) var branches: [Participation] = []
    /// The outcome as written or as the asked branch told; nil until then.
    public internal(set) var decision: BranchOutcome?
    /// The first failure, which is what the caller sees.
    public internal(set) var reason = ""
    /// A vote was a refusal, or somebody asked for a rollback: told when every vote is there.
    var mustRollBack = false
    /// Whether sessions or messages wait for the outcome.
    var hasCargo = false
    /// Whether sessions wait for a rollback, or anybody wants to be told of one.
    var recordsRollback = false
    /// Whether anybody wants to be told of a commit that the log could do without.
    var recordsCommit = false
    /// Number of the branch whose own commit decides.
    public internal(set) var asked: UInt32?
    var hasReported = false
    var hasFinished = false
    /// An intent stands in the log, or may, and must be closed there.
    var hasOpenIntent = false
    /// The intent that names the branch to be asked is on disk.
    var intentIsWritten = false
    /// Whether the log has to have the outcome, even where no branch needs it.
    var mustRecord: Bool { hasCargo || hasOpenIntent || intentIsWritten }
    /// Recovered from a log in which nothing is left to do.
    var isOver = false
    /// Waits for `written` or its refusal.
    var writing: TransactionRecord.Step?
    /// Recovered, and nothing has been asked for yet.
    var awaitsResume = false

    public init(_ id: TransactionID) {
        self.id = id
        status = .active
    }

    /// Takes up what the log has of a transaction whose process died. Begins with `resume`.
    public init(recovering live: LiveTransaction, abilities: (String) -> ResourceAbilities?) {
        id = live.id
        status = .committing
        asked = live.phase == .intended ? live.outline.asked : nil
        hasCargo = live.outline.hasCargo
        recordsRollback = true
        intentIsWritten = true
        hasOpenIntent = true
        hasReported = true
        reason = live.reason
        for reference in live.outline.branches {
            var branch = Participation(
                number: reference.number, resource: reference.resource,
                abilities: abilities(reference.resource)
                    ?? ResourceAbilities(prepares: true, recordsOutcome: true),
                state: .prepared)
            if let outcome = reference.heuristic {
                branch.state = .heuristic(outcome)
            } else if reference.number == asked {
                branch.state = .asking
            }
            branch.isPrepared = branch.state == .prepared
            branches.append(branch)
        }
        if live.phase == .committing { decision = .committed }
        // Whatever is left of it is for an operator to see to.
        isOver = live.phase == .heuristic
        awaitsResume = true
    }

    /// The first effects of a coordinator made by `init(recovering:)`. None where the answer that it waits
    /// for has come before.
    public mutating func resume() -> [CoordinatorEffect] {
        guard awaitsResume else { return [] }
        awaitsResume = false
        if isOver { return finish() }
        if decision == .committed { return commitPrepared() }
        if let asked { return [.askOutcome(asked)] }
        fail("the process died before the decision")
        return rollBack()
    }

    /// Adds a branch. Its number, unless one was given to it before, is its place in the order of
    /// enlistment.
    public mutating func enlist(
        _ resource: String, abilities: ResourceAbilities, number: UInt32? = nil
    ) throws(RepriseError) -> UInt32 {
        guard status == .active else { throw Coordinator.notActive(id, status) }
        if !abilities.prepares, branches.contains(where: { !$0.abilities.prepares }) {
            throw RepriseError(
                .resourceUnsuitable,
                "Resource \(resource) cannot prepare, and transaction \(id) has a last resource "
                    + "already.")
        }
        let number = number ?? UInt32(branches.count + 1)
        branches.append(
            Participation(
                number: number, resource: resource, abilities: abilities, state: .active))
        return number
    }

    public static func notActive(
        _ id: TransactionID, _ status: TransactionStatus
    ) -> RepriseError {
        RepriseError(
            .transactionNotActive, "Transaction \(id) is \(status.rawValue), not active any more.")
    }

    /// Before `commit`: whether sessions or messages wait for the outcome, and whether a rollback, or
    /// a commit that nobody needs to know after a crash, is to be written down as well.
    public mutating func load(
        hasCargo: Bool, recordsRollback: Bool, recordsCommit: Bool = false
    ) {
        guard status == .active else { return }
        self.hasCargo = hasCargo
        self.recordsRollback = recordsRollback
        self.recordsCommit = recordsCommit
    }

    /// The driver is about to write an intent before the work is done: whatever happens, the end
    /// must be written as well.
    public mutating func noteIntent() {
        if status == .active { hasOpenIntent = true }
    }

    /// The branches that a record of this step names.
    public func references(for step: TransactionRecord.Step) -> [BranchReference] {
        switch step {
        case .intended:
            branches.filter { $0.state == .prepared || $0.number == asked }.map(\.reference)
        case .committed:
            branches.filter { $0.state == .prepared || $0.isHeuristic }.map(\.reference)
        case .ended, .rolledBack:
            branches.filter(\.isHeuristic).map(\.reference)
        default: []
        }
    }

    // MARK: Transitions

    public mutating func handle(_ input: CoordinatorInput) -> [CoordinatorEffect] {
        guard !hasFinished else { return [] }
        if awaitsResume {
            guard tellsBeforeAsked(input) else { return [] }
            awaitsResume = false
        }
        return switch input {
        case .commit: begin()
        case .rollBack(let reason): abandon(reason)
        case .voted(let number, let vote): voted(number, vote)
        case .prepareFailed(let number, let reason): prepareFailed(number, reason)
        case .written(let step): written(step)
        case .writeRefused(let step, let reason): writeRefused(step, reason)
        case .writeLost(let step, let reason): writeLost(step, reason)
        case .onePhase(let number, let outcome, let reason): onePhase(number, outcome, reason)
        case .onePhaseLost(let number, let reason): onePhaseLost(number, reason)
        case .finished(let number): finished(number)
        case .failed(let number, let reason): failed(number, reason)
        case .heuristic(let number, let outcome, let reason): heuristic(number, outcome, reason)
        case .retry(let number): again(number)
        case .giveUp(let outcome, let reason): giveUp(outcome, reason)
        }
    }

    /// Who decides, or an operator in its place, may tell before it is asked. Nothing else can be
    /// meant yet.
    private func tellsBeforeAsked(_ input: CoordinatorInput) -> Bool {
        switch input {
        case .onePhase(let number, _, _): number == asked
        case .giveUp: asked != nil
        default: false
        }
    }

    mutating func move(_ next: TransactionStatus) {
        guard status != next else { return }
        assert(status.allows(next), "\(status) does not allow \(next)")
        status = next
    }

    mutating func fail(_ reason: String) {
        if self.reason.isEmpty { self.reason = reason }
    }

    mutating func set(_ number: UInt32, _ state: Participation.State) {
        guard let index = index(number) else { return }
        if state != branches[index].state { branches[index].attempts = 0 }
        branches[index].isWaiting = false
        branches[index].state = state
        if state == .prepared { branches[index].isPrepared = true }
    }

    /// A try failed: the next one comes after a delay.
    mutating func retryLater(_ index: Int) -> [CoordinatorEffect] {
        branches[index].attempts += 1
        branches[index].isWaiting = true
        return [.retryLater(branches[index].number, attempts: branches[index].attempts)]
    }

    func index(_ number: UInt32) -> Int? {
        // A coordinator in recovery knows only the branches that are left.
        branches.firstIndex { $0.number == number }
    }

    mutating func report(_ report: TransactionReport) -> [CoordinatorEffect] {
        guard !hasReported else { return [] }
        hasReported = true
        return [.report(report)]
    }

    mutating func finish() -> [CoordinatorEffect] {
        guard !hasFinished else { return [] }
        hasFinished = true
        return [.finished]
    }
}

extension Participation {
    var reference: BranchReference {
        guard case .heuristic(let outcome) = state else {
            return BranchReference(number: number, resource: resource)
        }
        return BranchReference(number: number, resource: resource, heuristic: outcome)
    }
}
