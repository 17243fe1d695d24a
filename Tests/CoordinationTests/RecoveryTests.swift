import Coordination
import Journal
import Model
import RepriseTestKit
import Sessions
import TestSupport
import Testing
import Transactions
import WAL

/// TRANSACTIONS.md, section 6: what another process left is finished, what is at work is not touched.
@Suite struct RecoveryTests {
    private func prepare(
        _ xid: Xid, in resource: MemoryResource, key: String = "k"
    ) async throws {
        let branch = try await resource.begin(xid, readOnly: false)
        try await branch.write(key, "new")
        _ = try await branch.prepare()
    }

    private func xid(_ rig: Rig, _ number: UInt64, branch: UInt32 = 1) -> Xid {
        let id = TransactionID(time: rig.journal.now(), random: (number, number))
        return Xid(journal: rig.identity, transaction: id, number: branch)
    }

    /// A decision that stands in the log, its branches prepared and not told.
    private func decided(
        _ rig: Rig, _ resources: [MemoryResource]
    ) async throws -> TransactionID {
        let id = TransactionID(time: rig.journal.now(), random: (7, 7))
        var outline = Outline()
        for (index, resource) in resources.enumerated() {
            let number = UInt32(index + 1)
            try await prepare(
                Xid(journal: rig.identity, transaction: id, number: number), in: resource)
            outline.branches.append(BranchReference(number: number, resource: resource.name))
        }
        try await rig.write(.committed, id, outline)
        return id
    }

    // MARK: What is not touched

    @Test func `a transaction at work is left alone at every moment`() async throws {
        let rounds = Count()
        let rig = Probe<Rig?>(nil)
        let look: Recorder.Hook = { verb in
            // Recovery's own calls are not looked into.
            guard [.work, .prepare, .commit, .commitRecorded].contains(verb) else { return }
            await rig.read { $0 }?.recovery.round()
            rounds.add()
        }
        let resources = [Recorder("a", hook: look), Recorder("b", hook: look)]
        let last = Recorder("z", prepares: false, hook: look)
        let made = try Rig(resources + [last])
        rig.update { $0 = made }
        for withLast in [false, true] {
            try await made.manager.run { transaction in
                for resource in resources + (withLast ? [last] : []) {
                    try await transaction.enlist(resource).work()
                }
                try transaction.afterCommit(Rig.kind)
                _ = try await transaction.afterRollback(Rig.kind)
                await made.recovery.round()
            }
        }
        for resource in resources {
            #expect(
                resource.verbs == [
                    "begin", "work", "prepare", "commit", "begin", "work", "prepare", "commit",
                ])
        }
        #expect(last.verbs.prefix(3) == ["begin", "work", "commit recorded"])
        #expect(rounds.value >= 12)
        rig.update { $0 = nil }
        await made.close()
    }

    @Test func `a commit that is being tried again is left to whoever tries`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b]) { setting in
            setting.options.retry.firstDelay = 3_600_000
            setting.options.retry.maxDelay = 3_600_000
            setting.options.retry.jitter = 0
        }
        b.inject(.fails, on: .commitPrepared)
        try await rig.manager.run { transaction in
            try await transaction.enlist(a).write("k", "new")
            try await transaction.enlist(b).write("k", "new")
        }
        for _ in 0..<3 { await rig.recovery.round() }
        #expect(b.count(of: .commitPrepared) == 1)
        #expect(b.prepared.count == 1)
        let again = try await rig.killed([a, b])
        await again.recovery.round()
        #expect(b["k"] == "new")
        await again.close()
    }

    @Test func `branches of other formats and other journals are never touched`()
        async throws
    {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        let own = xid(rig, 1)
        let strangers = [
            try Xid(format: 0x464F, global: own.global, branch: own.branch),
            try Xid(format: 131_077, global: [1], branch: [2]),
            Xid(
                journal: rig.identity &+ 1,
                transaction: try #require(own.own).transaction, number: 1),
            try Xid(format: Xid.format, global: own.global + [0], branch: own.branch),
            try Xid(format: Xid.format, global: own.global, branch: own.branch + [0]),
            try Xid(format: Xid.format, global: [1], branch: [1]),
        ]
        for (index, stranger) in strangers.enumerated() {
            try await prepare(stranger, in: a, key: "k\(index)")
        }
        try await prepare(own, in: a)
        for _ in 0..<3 { await rig.recovery.round() }
        #expect(a.prepared == Set(strangers))
        #expect(a["k"] == nil)
        await rig.close()
    }

    // MARK: What is finished

    @Test func `undecided branches are rolled back`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b])
        try await prepare(xid(rig, 1, branch: 1), in: a)
        try await prepare(xid(rig, 1, branch: 2), in: b)
        try await prepare(xid(rig, 2), in: b, key: "other")
        let before = rig.appended
        await rig.recovery.round()
        #expect(a.prepared.isEmpty && b.prepared.isEmpty)
        #expect(a.values.isEmpty && b.values.isEmpty)
        #expect(rig.appended == before, "nothing is written: presumed abort")
        await rig.close()
    }

    @Test func `undecided branches wait for the grace period where there is one`()
        async throws
    {
        let a = MemoryResource("a")
        let rig = try Rig([a]) { $0.options.graceOfUndecided = 1_000 }
        try await prepare(xid(rig, 1), in: a)
        await rig.recovery.round()
        rig.clock.advance(by: 999)
        await rig.recovery.round()
        #expect(a.prepared.count == 1)
        try await prepare(xid(rig, 2), in: a, key: "later")
        await rig.recovery.round()
        rig.clock.advance(by: 1)
        await rig.recovery.round()
        #expect(a.prepared.count == 1, "the later one has to wait longer")
        rig.clock.advance(by: 999)
        await rig.recovery.round()
        #expect(a.prepared.isEmpty)
        await rig.close()
    }

    @Test func `what is decided is committed after a restart, and then forgotten`()
        async throws
    {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b])
        let id = try await decided(rig, [a, b])
        let again = try await rig.killed([a, b])
        #expect(try again.manager.show(id).status == .committing)
        await again.recovery.round()
        #expect(a["k"] == "new" && b["k"] == "new")
        #expect(again.manager.list().isEmpty)
        try await again.idle()
        let last = try await again.killed([a, b])
        await last.recovery.round()
        #expect(a.count(of: .commitPrepared) == 1 && b.count(of: .commitPrepared) == 1)
        #expect(a.count(of: .rollbackPrepared) + b.count(of: .rollbackPrepared) == 0)
        await last.close()
    }

    @Test(arguments: [true, false])
    func `an intent is asked of the branch that decides`(committed: Bool) async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        let id = TransactionID(time: rig.journal.now(), random: (3, 3))
        let branch = try await a.begin(
            Xid(journal: rig.identity, transaction: id, number: 1), readOnly: false)
        try await branch.write("k", "new")
        let session = SessionID(high: 0x0100_7000, low: 0x8000_0000_0000_0001)
        var outline = Outline()
        outline.branches = [BranchReference(number: 1, resource: "a")]
        outline.asked = 1
        outline.actions = [DurableAction(session: session, kind: Rig.kind, record: [1])]
        try await rig.write(.intended, id, outline)
        if committed { try await branch.commitOnePhase(recordingOutcome: true) }
        let again = try await rig.killed([a])
        #expect(again.records(session) == nil)
        await again.recovery.round()
        #expect((again.records(session) != nil) == committed)
        #expect(again.manager.list().isEmpty)
        // The answer is final: a commit that is still on its way finds it.
        if !committed {
            await #expect(throws: (any Error).self) {
                try await branch.commitOnePhase(recordingOutcome: true)
            }
        }
        #expect(a["k"] == (committed ? "new" : nil))
        await again.close()
    }

    // MARK: Trouble

    @Test func `one resource that fails does not stop the others`() async throws {
        let resources = ["a", "b", "c"].map { MemoryResource($0) }
        let rig = try Rig(resources)
        _ = try await decided(rig, resources)
        for resource in resources { try await prepare(xid(rig, 9), in: resource, key: "undecided") }
        resources[1].goDown()
        let again = try await rig.killed(resources)
        await again.recovery.round()
        for resource in [resources[0], resources[2]] {
            #expect(resource.prepared.isEmpty)
            #expect(resource.values == ["k": "new"])
        }
        #expect(resources[1].prepared.count == 2)
        let view = try #require(again.manager.list().first)
        #expect(view.branches.map(\.state) == [.committed, .committing, .committed])
        #expect(view.branches[1].trouble?.code == .resourceFailed)
        // It comes back later.
        resources[1].comeUp()
        try await again.finished()
        await again.recovery.round()
        #expect(resources[1].prepared.isEmpty && resources[1].values == ["k": "new"])
        await again.close()
    }

    @Test func `one that does not answer keeps nobody else waiting`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b]) { $0.options.recoveryInterval = 100 }
        a.pause(.preparedBranches)
        a.pause(.commitPrepared)
        _ = try await decided(rig, [a])
        rig.recovery.start()
        await a.waitForCalls(at: .preparedBranches)
        await a.waitForCalls(at: .commitPrepared)
        for number in 0..<3 {
            try await prepare(xid(rig, 100 + UInt64(number)), in: b, key: "undecided")
            try await eventually("b is asked again", seconds: 60) { b.prepared.isEmpty }
        }
        #expect(a.count(of: .preparedBranches) == 1, "one question at a time")
        a.resume(.preparedBranches)
        a.resume(.commitPrepared)
        try await eventually("a is finished", seconds: 60) { a.prepared.isEmpty }
        #expect(a["k"] == "new")
        await rig.close()
    }

    @Test func `one undecided branch that cannot be rolled back does not stop the others`()
        async throws
    {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        for number in 1...5 {
            try await prepare(xid(rig, UInt64(number)), in: a, key: "k\(number)")
        }
        a.inject(.fails, on: .rollbackPrepared, times: 2)
        await rig.recovery.round()
        #expect(a.prepared.count == 2)
        await rig.recovery.round()
        #expect(a.prepared.isEmpty)
        await rig.close()
    }

    @Test func `a resource that is not registered is waited for, and then it goes on`()
        async throws
    {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b])
        let id = try await decided(rig, [a, b])
        let again = try await rig.killed([a])
        await again.recovery.round()
        #expect(a["k"] == "new" && b["k"] == nil)
        let view = try again.manager.show(id)
        #expect(view.branches[1].trouble?.code == .resourceUnknown)
        #expect(view.branches[1].attempts > 0)
        #expect(again.logged.read { $0.contains { $0.code == "resourceUnknown" } })
        try again.registry.register(b)
        try await again.finished()
        #expect(b["k"] == "new")
        await again.close()
    }

    @Test func `an intent whose resource is not registered is not guessed`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        let id = TransactionID(time: rig.journal.now(), random: (3, 3))
        var outline = Outline()
        outline.branches = [BranchReference(number: 1, resource: "a")]
        outline.asked = 1
        try await rig.write(.intended, id, outline)
        let again = try await rig.killed([])
        await again.recovery.round()
        let view = try again.manager.show(id)
        #expect(view.branches.map(\.state) == [.asking])
        #expect(view.branches[0].trouble?.code == .resourceUnknown)
        try again.registry.register(a)
        try await again.finished()
        #expect(a.count(of: .outcome) == 1)
        await again.close()
    }

    @Test func `many transactions are finished, whatever becomes of some`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b])
        for number in 0..<200 {
            let id = TransactionID(time: rig.journal.now(), random: (1, UInt64(number)))
            var outline = Outline()
            for (index, resource) in [a, b].enumerated() {
                try await prepare(
                    Xid(journal: rig.identity, transaction: id, number: UInt32(index + 1)),
                    in: resource, key: "k\(number)")
                outline.branches.append(
                    BranchReference(number: UInt32(index + 1), resource: resource.name))
            }
            try await rig.write(.committed, id, outline)
        }
        b.inject(.fails, on: .commitPrepared, times: 150)
        let again = try await rig.killed([a, b])
        again.recovery.start()
        try await again.finished()
        #expect(a.values.count == 200 && b.values.count == 200)
        #expect(a.count(of: .commitPrepared) == 200)
        #expect(b.count(of: .commitPrepared) == 350)
        await again.close()
    }

    @Test func `it starts at once, stops promptly, and either can be repeated`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a]) { $0.options.recoveryInterval = 3_600_000 }
        try await prepare(xid(rig, 1), in: a)
        rig.recovery.start()
        rig.recovery.start()
        try await eventually("the first look", seconds: 60) { a.prepared.isEmpty }
        await rig.recovery.stop()
        await rig.recovery.stop()
        let listings = a.count(of: .preparedBranches)
        rig.recovery.start()
        #expect(a.count(of: .preparedBranches) == listings)
        await rig.close()
    }

    @Test func `retries end with the process and are taken up by the next`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b])
        b.goDown()
        try? await rig.manager.run { transaction in
            try await transaction.enlist(a).write("k", "new")
        }
        b.comeUp()
        b.inject(.fails, on: .commitPrepared, times: 1_000_000)
        try await rig.manager.run { transaction in
            try await transaction.enlist(a).write("k", "newer")
            try await transaction.enlist(b).write("k", "newer")
        }
        try await eventually("it is tried again", seconds: 60) {
            b.count(of: .commitPrepared) > 2
        }
        await rig.recovery.stop()
        let tries = b.count(of: .commitPrepared)
        let again = try await rig.restarted([a, b])
        #expect(b.count(of: .commitPrepared) == tries, "nobody tries after the end")
        b.clearFaults()
        await again.recovery.round()
        #expect(b["k"] == "newer")
        await again.close()
    }
}

extension Rig {
    /// A record as a process before wrote it; durable when the call returns.
    func write(
        _ step: TransactionRecord.Step, _ id: TransactionID, _ outline: Outline
    ) async throws {
        let record = TransactionRecord(step, id, time: journal.now(), outline: outline)
        _ = try await journal.writeDurably(record, use: .normal)
    }
}
