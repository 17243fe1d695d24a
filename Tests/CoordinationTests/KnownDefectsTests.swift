import Coordination
import Journal
import Model
import RepriseTestKit
import Sessions
import TestSupport
import Testing
import Transactions

/// What earlier transaction managers got wrong, one by one, as far as it shows in a manager that runs.
/// What the machine alone can show is tested with it.
@Suite struct KnownDefectsTests {
    private struct Failure: Error {}

    private func write(_ resources: [MemoryResource], _ transaction: Transaction) async throws {
        for resource in resources { try await transaction.enlist(resource).write("k", "new") }
    }

    @Test func `a rollback sent after the decision, because one participant failed in phase two`()
        async throws
    {
        let resources = [MemoryResource("a"), MemoryResource("b")]
        let rig = try Rig(resources)
        // The first is late, then the second: either place.
        for late in resources {
            late.inject(.fails, on: .commitPrepared, times: 3)
            try await rig.manager.run { transaction in
                try await write(resources, transaction)
                try transaction.afterRollback { Issue.record("it is committed") }
            }
            try await rig.finished()
        }
        for resource in resources {
            #expect(resource["k"] == "new")
            #expect(resource.count(of: .rollback) + resource.count(of: .rollbackPrepared) == 0)
        }
        await rig.close()
    }

    @Test func `an answer lost in phase two, taken for a failure`() async throws {
        let resources = [MemoryResource("a"), MemoryResource("b")]
        let rig = try Rig(resources)
        resources[1].inject(.losesAnswer, on: .commitPrepared, times: 2)
        let report = try await rig.manager.run { transaction in
            try await write(resources, transaction)
            return transaction
        }.report
        #expect(report == .committed(pending: ["b"]))
        #expect(resources[1]["k"] == "new", "and cannot be done twice")
        try await rig.finished()
        #expect(resources[1].count(of: .commitPrepared) == 3)
        await rig.close()
    }

    @Test func `a participant stuck in committing that cannot be retried`() async throws {
        let resources = [MemoryResource("a"), MemoryResource("b")]
        let rig = try Rig(resources)
        let stuck = Probe<TransactionID?>(nil)
        resources[1].inject(.fails, on: .commitPrepared, times: 1_000_000)
        try await rig.manager.run { transaction in
            try await write(resources, transaction)
            stuck.update { $0 = transaction.id }
        }
        let id = try #require(stuck.read { $0 })
        for tries in [5, 10, 15] {
            try await eventually("it is tried again and again", seconds: 60) {
                try rig.manager.show(id).branches[1].attempts > tries
            }
        }
        resources[1].clearFaults()
        try await rig.finished()
        #expect(resources[1]["k"] == "new")
        #expect(resources[0].count(of: .commitPrepared) == 1, "who has done it is left alone")
        await rig.close()
    }

    @Test func `a participant in committing, rolled back by an idle timer`() async throws {
        let resources = [MemoryResource("a"), MemoryResource("b")]
        let rig = try Rig(resources)
        resources[1].inject(.fails, on: .commitPrepared, times: 1_000_000)
        try await rig.manager.run(timeout: .seconds(1)) { try await write(resources, $0) }
        // Long after its time-out, and a day later.
        for _ in 0..<5 {
            rig.clock.advance(by: 86_400_000)
            await rig.recovery.round()
        }
        #expect(resources[1].prepared.count == 1)
        resources[1].clearFaults()
        try await rig.finished()
        #expect(resources[1]["k"] == "new")
        #expect(resources[1].count(of: .rollbackPrepared) == 0)
        await rig.close()
    }

    @Test func `after-commit actions lost when the process dies after the decision`()
        async throws
    {
        let resources = [MemoryResource("a"), MemoryResource("b")]
        let rig = try Rig(resources)
        let id = Probe<SessionID?>(nil)
        let next = Probe<Rig?>(nil)
        // The first commit verb follows the decision at once.
        let killer = Recorder("z") { verb in
            guard verb == .commit, next.read({ $0 }) == nil else { return }
            let left = try Rig(resources, files: rig.files.kill())
            next.update { $0 = left }
        }
        try rig.registry.register(killer)
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(killer)
            try await write(resources, transaction)
            let action = try transaction.afterCommit(Rig.kind, [1])
            id.update { $0 = action }
        }
        let again = try #require(next.read { $0 })
        #expect(again.records(try #require(id.read { $0 })) == [[1]])
        await rig.close()
        await again.close()
    }

    @Test func `actions run twice at once, or a failed one marked as executed`() async throws {
        let resources = [MemoryResource("a"), MemoryResource("b")]
        let rig = try Rig(resources)
        let id = try await rig.manager.run { transaction in
            try await write(resources, transaction)
            return try transaction.afterCommit(Rig.kind, [1])
        }
        // Whatever recovery reads again, and however often: there is one session, not yet run.
        for _ in 0..<3 { await rig.recovery.round() }
        #expect(rig.sessions == 1)
        var last = try await rig.killed(resources)
        for _ in 0..<3 {
            await last.recovery.round()
            #expect(last.sessions == 1)
            let session = try #require(last.journal.session(id))
            #expect(session.attempts == 0)
            last = try await last.killed(resources)
        }
        await last.close()
    }

    @Test func `read-only voters rolled back`() async throws {
        let diary = Probe<[String]>([])
        let reader = Recorder("reader", diary, vote: .readOnly)
        let failing = Recorder("failing", diary) { if $0 == .prepare { throw Failure() } }
        let rig = try Rig([reader, failing, Recorder("other", diary)])
        let outcome = Probe<[TransactionStatus]>([])
        await expectCode(.transactionRolledBack) {
            try await rig.manager.run { transaction in
                for resource in [reader, failing] { _ = try await transaction.enlist(resource) }
                try transaction.add(
                    TransactionSynchronization(afterCompletion: { status in
                        outcome.update { $0.append(status) }
                    }))
            }
        }
        #expect(reader.verbs == ["begin", "prepare"])
        #expect(outcome.read { $0 } == [.rolledBack])
        await rig.close()
    }

    @Test func `action-only participants forgotten`() async throws {
        let rig = try Rig([])
        let ran = Count()
        let id = try await rig.manager.run { transaction in
            try transaction.afterCommit { ran.add() }
            return try transaction.afterCommit(Rig.kind)
        }
        #expect(ran.value == 1)
        let again = try await rig.killed([])
        #expect(again.records(id) != nil)
        await again.close()
    }

    @Test func `rollback run twice after a failed prepare`() async throws {
        let resources = [MemoryResource("a"), MemoryResource("b"), MemoryResource("c")]
        let rig = try Rig(resources)
        resources[1].inject(.fails, on: .prepare)
        let rollbacks = Count()
        await expectCode(.transactionRolledBack) {
            try await rig.manager.run { transaction in
                try await write(resources, transaction)
                try transaction.afterRollback { rollbacks.add() }
            }
        }
        #expect(rollbacks.value == 1)
        for resource in resources {
            #expect(resource.count(of: .rollback) == 1)
            #expect(resource.count(of: .rollbackPrepared) == 1)
        }
        await rig.recovery.round()
        #expect(resources.allSatisfy { $0.count(of: .rollbackPrepared) == 1 })
        await rig.close()
    }

    @Test func `the coordinator's own recovery taking up its own running commit`()
        async throws
    {
        let resources = [MemoryResource("a"), MemoryResource("b")]
        let rig = try Rig(resources) { $0.options.recoveryInterval = 100 }
        rig.recovery.start()
        resources[0].pause(.commitPrepared)
        let run = Task {
            try await rig.manager.run { try await write(resources, $0) }
        }
        await resources[0].waitForCalls(at: .commitPrepared)
        let listings = resources[1].count(of: .preparedBranches)
        try await eventually("recovery looks around", seconds: 60) {
            resources[1].count(of: .preparedBranches) > listings + 1
        }
        await rig.recovery.round()
        #expect(resources[0].count(of: .commitPrepared) == 1)
        resources[0].resume(.commitPrepared)
        try await run.value
        #expect(resources.allSatisfy { $0.count(of: .commitPrepared) == 1 })
        #expect(resources.allSatisfy { $0.count(of: .rollbackPrepared) == 0 })
        await rig.close()
    }

    @Test func `a commit taken up by recovery between its end and the record of it`()
        async throws
    {
        let resources = [Recorder("a"), Recorder("b")]
        let rig = try Rig(resources)
        let isOver = Probe<Bool>(false)
        let rounds = Task {
            while !isOver.read({ $0 }) { await rig.recovery.round() }
        }
        for _ in 0..<100 {
            try await rig.manager.run { transaction in
                for resource in resources { _ = try await transaction.enlist(resource) }
            }
        }
        isOver.update { $0 = true }
        await rounds.value
        for resource in resources { #expect(resource.count(.commit) == 100) }
        await rig.close()
    }

    @Test func `ids longer than a resource allows, or that break on what people put into names`()
        async throws
    {
        let names = ["a:b:c", "node_1", String(repeating: "x", count: 64)]
        let seen = Probe<[Xid]>([])
        let resources = names.map { Recorder($0) }
        let rig = try Rig(resources)
        try await rig.manager.run { transaction in
            for resource in resources {
                let xid = try await transaction.enlist(resource).xid
                seen.update { $0.append(xid) }
            }
        }
        for xid in seen.read({ $0 }) {
            #expect(xid.global.count <= Xid.maxPartBytes && xid.branch.count <= Xid.maxPartBytes)
            #expect(Xid(text: xid.description) == xid)
            #expect(Xid(text: xid.description)?.hashValue == xid.hashValue)
        }
        await rig.close()
    }

    @Test func `a long after-commit action whose transaction is disposed under it`()
        async throws
    {
        let a = Recorder("a")
        let rig = try Rig([a])
        let key = ContextKey<Int>("sum")
        let order = Probe<[Int]>([])
        try await rig.manager.run(timeout: .seconds(1)) { transaction in
            _ = try await transaction.enlist(a)
            transaction[key] = 7
            try transaction.afterCommit {
                rig.clock.advance(by: 86_400_000)
                await rig.recovery.round()
                #expect(transaction[key] == 7)
                #expect(transaction.status == .committed)
                order.update { $0.append(1) }
            }
            try transaction.afterCommit { order.update { $0.append(2) } }
        }
        #expect(order.read { $0 } == [1, 2])
        await rig.close()
    }

    @Test func `a suspended transaction disposed while the inner one runs long`() async throws {
        let (a, b) = (Recorder("a"), Recorder("b"))
        let rig = try Rig([a, b])
        try await rig.manager.run(timeout: .seconds(3_600)) { outer in
            let branch = try await outer.enlist(a)
            try await rig.manager.runNew { inner in
                _ = try await inner.enlist(b)
                rig.clock.advance(by: 20_000)
                await rig.recovery.round()
            }
            #expect(outer.status == .active)
            try await branch.work()
        }
        #expect(a.verbs == ["begin", "work", "commit one phase"])
        await rig.close()
    }

    @Test(arguments: [true, false])
    func `callbacks that fire twice, or never when nothing else is registered`(commits: Bool)
        async throws
    {
        let rig = try Rig([])
        let (before, after, commit, rollback) = (Count(), Count(), Count(), Count())
        let register: [@Sendable (Transaction) throws -> Void] = [
            { transaction in
                try transaction.add(
                    TransactionSynchronization(
                        beforeCompletion: { before.add() }, afterCompletion: { _ in after.add() }))
            },
            { try $0.afterCommit { commit.add() } },
            { try $0.afterRollback { rollback.add() } },
        ]
        // Each alone, then all together.
        for chosen in register.map({ [$0] }) + [register] {
            try? await rig.manager.run { transaction in
                for add in chosen { try add(transaction) }
                if !commits { throw Failure() }
            }
        }
        #expect(before.value == (commits ? 2 : 0))
        #expect(after.value == 2)
        #expect(commit.value == (commits ? 2 : 0))
        #expect(rollback.value == (commits ? 0 : 2))
        await rig.close()
    }

    @Test func `failing read-only bodies that commit`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        await #expect(throws: Failure.self) {
            try await rig.manager.run(readOnly: true) { transaction in
                _ = try await transaction.enlist(a)
                throw Failure()
            }
        }
        #expect(a.verbs == ["begin", "rollback"])
        await rig.close()
    }

    @Test func `in-doubt data that expires`() async throws {
        let a = MemoryResource("a")
        let last = MemoryResource(
            "last", abilities: ResourceAbilities(prepares: false, recordsOutcome: true))
        var rig = try Rig([a, last])
        last.inject(.losesAnswer, on: .commitOnePhase)
        last.inject(.fails, on: .outcome, times: 1_000_000)
        let id = Probe<SessionID?>(nil)
        await expectCode(.transactionInDoubt) {
            try await rig.manager.run { transaction in
                try await write([a, last], transaction)
                let session = try transaction.afterCommit(Rig.kind, [1])
                id.update { $0 = session }
            }
        }
        for _ in 0..<3 {
            rig = try await rig.killed([a, last]) { $0.options.graceOfUndecided = 0 }
            rig.clock.advance(by: 86_400_000)
            await rig.recovery.round()
            try rig.journal.keepUp()
            #expect(a.prepared.count == 1)
            #expect(rig.manager.list().count == 1)
        }
        last.clearFaults()
        try await rig.finished()
        #expect(a["k"] == "new" && last["k"] == "new")
        #expect(rig.records(try #require(id.read { $0 })) != nil)
        await rig.close()
    }

    @Test func `recovery that stops at the first error`() async throws {
        let resources = (0..<5).map { MemoryResource("r\($0)") }
        let rig = try Rig(resources)
        for number in 0..<5 {
            let id = TransactionID(time: rig.journal.now(), random: (1, UInt64(number)))
            var outline = Outline()
            for (index, resource) in resources.enumerated() {
                let xid = Xid(
                    journal: rig.identity, transaction: id, number: UInt32(index + 1))
                let branch = try await resource.begin(xid, readOnly: false)
                try await branch.write("k\(number)", "new")
                _ = try await branch.prepare()
                outline.branches.append(
                    BranchReference(number: UInt32(index + 1), resource: resource.name))
            }
            // Every other one is decided.
            if number % 2 == 0 { try await rig.write(.committed, id, outline) }
        }
        for resource in resources {
            resource.inject(.fails, on: .commitPrepared, times: 2)
            resource.inject(.fails, on: .rollbackPrepared)
            resource.inject(.fails, on: .preparedBranches)
        }
        let again = try await rig.killed(resources)
        await again.recovery.round()
        try await again.finished()
        for _ in 0..<2 { await again.recovery.round() }
        for resource in resources {
            #expect(resource.prepared.isEmpty)
            #expect(resource.values == ["k0": "new", "k2": "new", "k4": "new"])
        }
        await again.close()
    }
}
