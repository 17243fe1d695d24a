import Model
import Testing
import TransactionSimulation
import Transactions

/// What earlier transaction managers got wrong, one by one. What only shows in a manager that runs
/// is tested with it.
@Suite struct KnownDefectsTests {
    private func holds(_ name: String) throws {
        let scenario = try #require(Scenario.all.first { $0.name == name })
        let failure = Explorer.explore(scenario.withFaults(1)).failure
        #expect(failure == nil, "\(failure.map(\.description) ?? "")")
    }

    @Test func `a rollback sent after the decision, because one branch failed to commit`() throws {
        var coordinator = try Coordinators.decided()
        var effects = coordinator.handle(.failed(1, reason: "down"))
        effects += coordinator.handle(.rollBack(reason: "one failed"))
        effects += coordinator.handle(.finished(2))
        for attempt in 1...20 {
            effects += coordinator.handle(.retry(1))
            effects += coordinator.handle(.failed(1, reason: "down"))
            #expect(coordinator.branches[0].attempts == UInt32(attempt + 1))
        }
        for effect in effects {
            switch effect {
            case .rollBackActive, .rollBackPrepared, .write: Issue.record("\(effect)")
            default: break
            }
        }
        #expect(effects.contains(.report(.committed(pending: ["r1"]))))
        try holds("two branches")
    }

    @Test func `a branch stuck in committing that cannot be tried again`() throws {
        var coordinator = try Coordinators.decided()
        _ = coordinator.handle(.finished(2))
        for attempt in UInt32(1)...1_000 {
            #expect(
                coordinator.handle(.failed(1, reason: "down")).last
                    == .retryLater(1, attempts: attempt))
            #expect(coordinator.handle(.retry(1)) == [.commitPrepared(1)])
        }
        #expect(coordinator.handle(.finished(1)).last == .finished)
    }

    @Test func `a branch in committing rolled back by a timer`() throws {
        var coordinator = try Coordinators.decided()
        _ = coordinator.handle(.failed(1, reason: "down"))
        let before = coordinator
        #expect(coordinator.handle(.rollBack(reason: "idle for too long")).isEmpty)
        #expect(coordinator == before)

        // Nor while the decision is on its way to the disk, or a branch is asked.
        for state in [try Coordinators.deciding(), try Coordinators.asking()] {
            var coordinator = state
            #expect(coordinator.handle(.rollBack(reason: "idle for too long")).isEmpty)
            #expect(coordinator == state)
        }
    }

    @Test(arguments: [
        "one phase with cargo", "one branch that only prepares, with cargo",
        "two branches, begun with an intent", "a last resource",
    ])
    func `after-commit actions lost when the process dies after the decision, or run twice`(
        scenario: String
    ) throws {
        try holds(scenario)
        var committed = TransactionRecord(.committed, Coordinators.id, time: .zero)
        committed.outline.actions = [
            DurableAction(
                session: SessionID(high: 1, low: 1), kind: Kind(unchecked: "k"), record: nil)
        ]
        // They are in the frame that decides: there is no moment between the two.
        #expect(committed.openings.count == 1)
        // No other record of a decision begins them again.
        for step in [TransactionRecord.Step.carriedDecision, .ended, .carriedHeuristic] {
            var copy = committed
            copy.step = step
            #expect(copy.openings.isEmpty)
        }
    }

    @Test func `read-only voters rolled back`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.voted(1, .readOnly))
        #expect(coordinator.handle(.prepareFailed(2, reason: "no")) == [.rollBackPrepared(2)])
        #expect(coordinator.handle(.finished(2)).last == .finished)
        try holds("a read-only voter")
    }

    @Test func `participants with nothing but actions forgotten`() throws {
        var none = try Coordinators.active(cargo: true)
        #expect(none.handle(.commit) == [.write(.committed, forced: true)])
        var readers = try Coordinators.active(Coordinators.plain, cargo: true)
        _ = readers.handle(.commit)
        #expect(readers.handle(.voted(1, .readOnly)) == [.write(.committed, forced: true)])
        try holds("no branches")
        try holds("only read-only voters, with cargo")
    }

    @Test func `rollback run twice after a failed prepare`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        var effects = coordinator.handle(.commit)
        effects += coordinator.handle(.prepareFailed(1, reason: "no"))
        effects += coordinator.handle(.rollBack(reason: "prepare failed"))
        effects += coordinator.handle(.prepareFailed(2, reason: "no"))
        effects += coordinator.handle(.rollBack(reason: "prepare failed"))
        effects += coordinator.handle(.finished(2))
        effects += coordinator.handle(.finished(2))
        effects += coordinator.handle(.finished(1))
        effects += coordinator.handle(.rollBack(reason: "prepare failed"))
        #expect(effects.count { $0 == .rollBackPrepared(1) } == 1)
        #expect(effects.count { $0 == .rollBackPrepared(2) } == 1)
        #expect(effects.count { $0 == .report(.rolledBack(reason: "no")) } == 1)
    }

    @Test func `ids longer than a resource allows`() throws {
        let transaction = TransactionID(uuid: SessionID(high: .max, low: .max))
        let xid = Xid(journal: .max, transaction: transaction, number: .max)
        #expect(xid.global.count <= Xid.maxPartBytes && xid.branch.count <= Xid.maxPartBytes)
        // PostgreSQL allows 199 bytes, MySQL 64 for each part.
        #expect(xid.description.utf8.count < 200)
        #expect(throws: RepriseError.self) {
            try Xid(format: 1, global: [UInt8](repeating: 0, count: 65), branch: [1])
        }
    }

    @Test func `ids that break on what people put into names`() throws {
        // Nothing that people choose is in them: a node's name cannot be.
        let transaction = TransactionID(uuid: SessionID(high: 1, low: 2))
        let xid = Xid(journal: 3, transaction: transaction, number: 4)
        #expect(xid.own! == (3, transaction, 4))
        #expect(!xid.description.contains(":"))
        #expect(xid.description.split(separator: "_").count == 3)
        #expect(Xid(text: xid.description)?.own?.number == 4)
    }

    @Test func `equal ids with different hashes`() throws {
        let transaction = TransactionID(uuid: SessionID(high: 1, low: 2))
        let made = Xid(journal: 3, transaction: transaction, number: 4)
        let read = try #require(Xid(text: made.description.uppercased()))
        let foreign = try Xid(format: made.format, global: made.global, branch: made.branch)
        #expect(Set([made, read, foreign]).count == 1)
        let again = try #require(TransactionID(text: "\(transaction)".uppercased()))
        #expect(Set([transaction, again]).count == 1)
    }

    @Test func `callers told twice, or never where nothing is registered`() throws {
        var nothing = try Coordinators.active()
        let effects = nothing.handle(.commit) + nothing.handle(.commit)
        #expect(effects.count { $0 == .report(.committed(pending: [])) } == 1)

        var abandoned = try Coordinators.active()
        let told = abandoned.handle(.rollBack(reason: "no")) + abandoned.handle(.commit)
        #expect(told == [.report(.rolledBack(reason: "no")), .finished])
    }

    @Test func `work that failed and was committed all the same`() throws {
        for abilities in [Coordinators.plain, Coordinators.able, Coordinators.last] {
            var coordinator = try Coordinators.active(abilities, cargo: true)
            #expect(coordinator.handle(.rollBack(reason: "")) == [.rollBackActive(1)])
            #expect(coordinator.handle(.commit).isEmpty)
            #expect(
                coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "")), .finished])
        }
    }

    @Test func `what is in doubt expires`() throws {
        var table = TransactionTable()
        var outline = Outline()
        outline.branches = [BranchReference(number: 1, resource: "r1")]
        outline.asked = 1
        let record = TransactionRecord(
            .intended, Coordinators.id, time: Timestamp(milliseconds: 0), outline: outline)
        table.apply(record, at: Position(sequence: 1))
        // It is carried on for as long as it takes; no record of others and no clock removes it.
        for sequence in UInt64(2)..<200 {
            for copy in table.carry(1) { table.apply(copy, at: Position(sequence: sequence)) }
            let other = TransactionID(uuid: SessionID(high: 9, low: sequence))
            table.apply(
                TransactionRecord(.rolledBack, other, time: Timestamp(milliseconds: .max)),
                at: Position(sequence: sequence))
        }
        let live = try #require(table[Coordinators.id])
        #expect(live.phase == .intended)
        #expect(live.outline == outline)
        #expect(live.time == record.time)
    }

    @Test func `recovery that stops at the first error`() throws {
        let branches = (1...3).map { BranchReference(number: $0, resource: "r\($0)") }
        var committing = try Coordinator.recovered([.committed], branches: branches)
        _ = committing.resume()
        #expect(
            committing.handle(.failed(1, reason: "down")) == [.retryLater(1, attempts: 1)])
        #expect(committing.handle(.finished(2)).isEmpty)
        #expect(committing.handle(.finished(3)).isEmpty)
        #expect(committing.handle(.retry(1)) == [.commitPrepared(1)])
        #expect(committing.handle(.finished(1)) == [.write(.ended, forced: false), .finished])

        var rollingBack = try Coordinator.recovered([.intended], branches: branches)
        #expect(rollingBack.resume() == [.rollBackPrepared(3)])
        #expect(
            rollingBack.handle(.failed(3, reason: "down")) == [
                .rollBackPrepared(2), .retryLater(3, attempts: 1),
            ])
        #expect(rollingBack.handle(.finished(2)) == [.rollBackPrepared(1)])
        #expect(rollingBack.handle(.finished(1)).isEmpty)
        #expect(rollingBack.handle(.retry(3)) == [.rollBackPrepared(3)])
        #expect(
            rollingBack.handle(.finished(3)) == [.write(.rolledBack, forced: false), .finished])
    }
}
