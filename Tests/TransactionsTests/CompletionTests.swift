import Model
import Testing
import Transactions

/// After the decision: told until done, whatever happens.
@Suite struct CompletionTests {
    @Test func `a branch that fails does not stop the others, and is retried`() throws {
        var coordinator = try Coordinators.decided()
        #expect(
            coordinator.handle(.failed(1, reason: "down")) == [.retryLater(1, attempts: 1)])
        #expect(
            coordinator.handle(.finished(2)) == [.report(.committed(pending: ["r1"]))])
        #expect(coordinator.status == .committing)
        #expect(coordinator.handle(.retry(1)) == [.commitPrepared(1)])
        #expect(
            coordinator.handle(.failed(1, reason: "down")) == [.retryLater(1, attempts: 2)])
        #expect(coordinator.handle(.retry(1)) == [.commitPrepared(1)])
        #expect(coordinator.handle(.finished(1)) == [.write(.ended, forced: false), .finished])
        #expect(coordinator.status == .committed)
    }

    @Test func `the caller hears committed when everybody was told, also if all failed`() throws {
        var coordinator = try Coordinators.decided()
        #expect(
            coordinator.handle(.failed(2, reason: "down")) == [.retryLater(2, attempts: 1)])
        #expect(
            coordinator.handle(.failed(1, reason: "down")) == [
                .report(.committed(pending: ["r1", "r2"])), .retryLater(1, attempts: 1),
            ])
    }

    @Test func `no rollback is asked for after the decision, whatever comes in`() throws {
        for input in Inputs.all {
            var coordinator = try Coordinators.decided()
            for effect in coordinator.handle(input) {
                switch effect {
                case .rollBackActive, .rollBackPrepared, .write(.rolledBack, _):
                    Issue.record("\(input) led to \(effect)")
                default: break
                }
            }
            #expect(coordinator.decision == .committed)
        }
    }

    @Test func `requests after the end mean nothing`() throws {
        for end in [CoordinatorInput.rollBack(reason: "no"), .commit] {
            var coordinator = try Coordinators.active()
            _ = coordinator.handle(end)
            #expect(coordinator.status.isFinal)
            let before = coordinator
            for input in Inputs.all { #expect(coordinator.handle(input).isEmpty) }
            #expect(coordinator == before)
        }
    }

    // MARK: Heuristics

    @Test func `a branch that rolled back on its own is written down at the end`() throws {
        var coordinator = try Coordinators.decided()
        #expect(coordinator.handle(.heuristic(1, .notCommitted, reason: "an operator")).isEmpty)
        #expect(
            coordinator.handle(.finished(2)) == [
                .report(.committed(pending: [])), .write(.ended, forced: false), .finished,
            ])
        #expect(
            coordinator.references(for: .ended) == [
                BranchReference(number: 1, resource: "r1", heuristic: .notCommitted)
            ])
        #expect(coordinator.reason == "an operator")
    }

    @Test func `a branch that committed on its own is written down though nobody asked for it`()
        throws
    {
        var coordinator = try Coordinators.rollingBack()
        #expect(
            coordinator.handle(.heuristic(2, .committed, reason: "an operator")) == [
                .rollBackPrepared(1)
            ])
        #expect(
            coordinator.handle(.finished(1)) == [
                .report(.rolledBack(reason: "full")), .write(.rolledBack, forced: false), .finished,
            ])
        #expect(
            coordinator.references(for: .rolledBack) == [
                BranchReference(number: 2, resource: "r2", heuristic: .committed)
            ])
    }

    @Test func `an outcome as decided is no heuristic one`() throws {
        var committing = try Coordinators.decided()
        _ = committing.handle(.heuristic(1, .committed, reason: "an operator"))
        _ = committing.handle(.finished(2))
        #expect(committing.references(for: .ended).isEmpty)
        #expect(committing.state(1) == .committed)

        var rollingBack = try Coordinators.rollingBack()
        _ = rollingBack.handle(.heuristic(2, .notCommitted, reason: "an operator"))
        #expect(
            rollingBack.handle(.finished(1)) == [.report(.rolledBack(reason: "full")), .finished])
    }

    // MARK: An operator gives up

    @Test(arguments: [BranchOutcome.committed, .notCommitted])
    func `an operator ends the waiting for a commit, and that is written down`(
        outcome: BranchOutcome
    ) throws {
        var coordinator = try Coordinators.decided()
        _ = coordinator.handle(.finished(2))
        _ = coordinator.handle(.failed(1, reason: "down"))
        #expect(
            coordinator.handle(.giveUp(outcome, reason: "scrapped")) == [
                .write(.ended, forced: false), .finished,
            ])
        #expect(
            coordinator.references(for: .ended) == [
                BranchReference(number: 1, resource: "r1", heuristic: outcome)
            ])
    }

    @Test(arguments: [BranchOutcome.committed, .notCommitted])
    func `an operator ends the waiting for a rollback, and that is written down`(
        outcome: BranchOutcome
    ) throws {
        var coordinator = try Coordinators.rollingBack()
        _ = coordinator.handle(.failed(2, reason: "down"))
        _ = coordinator.handle(.finished(1))
        #expect(
            coordinator.handle(.giveUp(outcome, reason: "scrapped")) == [
                .write(.rolledBack, forced: false), .finished,
            ])
        #expect(
            coordinator.references(for: .rolledBack) == [
                BranchReference(number: 2, resource: "r2", heuristic: outcome)
            ])
    }

    @Test func `an operator's word stands for a branch that cannot be asked: committed`() throws {
        var coordinator = try Coordinators.asking()
        _ = coordinator.handle(.onePhaseLost(2, reason: "down"))
        #expect(
            coordinator.handle(.giveUp(.committed, reason: "seen in the table")) == [
                .write(.committed, forced: false)
            ])
        #expect(
            coordinator.references(for: .committed) == [
                BranchReference(number: 1, resource: "r1"),
                BranchReference(number: 2, resource: "r2", heuristic: .committed),
            ])
        #expect(coordinator.handle(.written(.committed)) == [.commitPrepared(1)])
        // Nothing is forgotten at the resource: it is the evidence.
        #expect(coordinator.handle(.finished(1)) == [.write(.ended, forced: false), .finished])
        #expect(coordinator.references(for: .ended).map(\.heuristic) == [.committed])
    }

    @Test func `an operator's word stands for a branch that cannot be asked: not committed`() throws
    {
        var coordinator = try Coordinators.asking()
        _ = coordinator.handle(.onePhaseLost(2, reason: "down"))
        #expect(
            coordinator.handle(.giveUp(.notCommitted, reason: "not in the table")) == [
                .rollBackPrepared(1)
            ])
        #expect(
            coordinator.handle(.finished(1)) == [.write(.rolledBack, forced: false), .finished])
        #expect(coordinator.references(for: .rolledBack).map(\.heuristic) == [.notCommitted])
    }

    @Test func `an operator has no say before there is anything to wait for`() throws {
        var active = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        #expect(active.handle(.giveUp(.committed, reason: "")).isEmpty)
        var deciding = try Coordinators.deciding()
        #expect(deciding.handle(.giveUp(.committed, reason: "")).isEmpty)
        #expect(deciding.decision == nil)
    }

    @Test func `an operator's word counts before recovery has asked`() throws {
        let branches = [
            BranchReference(number: 1, resource: "r1"), BranchReference(number: 2, resource: "r2"),
        ]
        var coordinator = try Coordinator.recovered([.intended], branches: branches, asked: 2)
        #expect(
            coordinator.handle(.giveUp(.notCommitted, reason: "lost")) == [.rollBackPrepared(1)])
        #expect(coordinator.resume().isEmpty)
        // Where it is decided, branches have to be told before anybody gives them up.
        var decided = try Coordinator.recovered([.committed], branches: branches)
        #expect(decided.handle(.giveUp(.notCommitted, reason: "lost")).isEmpty)
        #expect(decided.resume() == [.commitPrepared(1), .commitPrepared(2)])
    }

    // MARK: Recovery

    private static let two = [
        BranchReference(number: 1, resource: "r1"), BranchReference(number: 3, resource: "r3"),
    ]

    @Test(
        arguments: [
            [.committed], [.carriedDecision], [.intended, .committed],
        ] as [[TransactionRecord.Step]])
    func `decided: recovery commits what is left`(steps: [TransactionRecord.Step]) throws {
        var coordinator = try Coordinator.recovered(
            steps, branches: CompletionTests.two, asked: 3)
        #expect(coordinator.resume() == [.commitPrepared(1), .commitPrepared(3)])
        #expect(coordinator.handle(.finished(3)).isEmpty)
        // Nobody waits for the report.
        #expect(coordinator.handle(.finished(1)) == [.write(.ended, forced: false), .finished])
    }

    @Test(arguments: [TransactionRecord.Step.intended, .carriedIntent])
    func `intended: recovery asks, and does as told`(step: TransactionRecord.Step) throws {
        var committed = try Coordinator.recovered(
            [step], branches: CompletionTests.two, asked: 3)
        #expect(committed.resume() == [.askOutcome(3)])
        #expect(
            committed.handle(.onePhaseLost(3, reason: "down")) == [.retryLater(3, attempts: 1)])
        #expect(committed.handle(.retry(3)) == [.askOutcome(3)])
        #expect(
            committed.handle(.onePhase(3, .committed, reason: "")) == [
                .write(.committed, forced: false)
            ])
        #expect(committed.references(for: .committed).map(\.number) == [1])
        #expect(committed.handle(.written(.committed)) == [.commitPrepared(1)])
        #expect(
            committed.handle(.finished(1)) == [
                .write(.ended, forced: false), .forgetOutcome(3), .finished,
            ])

        var not = try Coordinator.recovered([step], branches: CompletionTests.two, asked: 3)
        _ = not.resume()
        #expect(not.handle(.onePhase(3, .notCommitted, reason: "no")) == [.rollBackPrepared(1)])
        #expect(not.handle(.finished(1)) == [.write(.rolledBack, forced: false), .finished])
    }

    /// A participant that recovers, and whose coordinator is faster.
    @Test(arguments: [BranchOutcome.committed, .notCommitted])
    func `the answer comes before the question: recovery has nothing to begin`(
        outcome: BranchOutcome
    ) throws {
        var coordinator = try Coordinator.recovered(
            [.intended], branches: CompletionTests.two, asked: 3)
        for input in Inputs.all where input != .onePhase(3, outcome, reason: "") {
            if case .onePhase(3, _, _) = input { continue }
            // An operator's word stands for the answer.
            if case .giveUp = input { continue }
            #expect(coordinator.handle(input).isEmpty)
        }
        let isCommitted = outcome == .committed
        #expect(
            coordinator.handle(.onePhase(3, outcome, reason: "no"))
                == (isCommitted ? [.write(.committed, forced: false)] : [.rollBackPrepared(1)]))
        #expect(coordinator.resume().isEmpty)
        if isCommitted {
            #expect(coordinator.handle(.written(.committed)) == [.commitPrepared(1)])
        }
        #expect(coordinator.resume().isEmpty)
        #expect(coordinator.handle(.finished(1)).last == .finished)
        #expect(coordinator.resume().isEmpty)
        #expect(coordinator.status == (isCommitted ? .committed : .rolledBack))
    }

    @Test func `intended with nobody to ask: recovery rolls back`() throws {
        var coordinator = try Coordinator.recovered([.intended], branches: [])
        #expect(coordinator.resume() == [.write(.rolledBack, forced: false), .finished])
        #expect(coordinator.status == .rolledBack)
    }

    @Test func `a heuristic end leaves recovery nothing to do`() throws {
        let branch = BranchReference(number: 1, resource: "r1", heuristic: .notCommitted)
        var coordinator = try Coordinator.recovered([.carriedHeuristic], branches: [branch])
        #expect(coordinator.resume() == [.finished])
        for input in Inputs.all { #expect(coordinator.handle(input).isEmpty) }
    }

    @Test func `an operator's word outlives a crash`() throws {
        let branches = [
            BranchReference(number: 1, resource: "r1"),
            BranchReference(number: 2, resource: "r2", heuristic: .committed),
        ]
        var coordinator = try Coordinator.recovered([.committed], branches: branches)
        #expect(coordinator.resume() == [.commitPrepared(1)])
        #expect(coordinator.handle(.finished(1)) == [.write(.ended, forced: false), .finished])
        #expect(coordinator.references(for: .ended) == [branches[1]])
    }
}
