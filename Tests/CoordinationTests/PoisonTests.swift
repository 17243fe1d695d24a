import Coordination
import Journal
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions
import WAL

/// What becomes of transactions when the log fails, or has no room.
@Suite struct PoisonTests {
    private let diary = Probe<[String]>([])
    private var seen: [String] { diary.read { $0 } }

    @Test(arguments: 0..<6)
    func `a decision that nobody knows leaves the branches alone until the next start`(
        seed: UInt64
    ) async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let watcher = Recorder("w", diary)
        let rig = try Rig([a, b, watcher])
        try await rig.settled()
        watcher.onCall(failingAtDecision(rig, a, b))
        let session = Probe<SessionID?>(nil)
        let statuses = Probe<[TransactionStatus]>([])
        await expectCode(.transactionInDoubt) {
            try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("k", "new")
                try await transaction.enlist(b).write("k", "new")
                _ = try await transaction.enlist(watcher)
                let id = try transaction.afterCommit(Rig.kind, [1])
                session.update { $0 = id }
                try transaction.afterCommit { Issue.record("nobody knows") }
                try transaction.afterRollback { Issue.record("nobody knows") }
                try transaction.add(
                    TransactionSynchronization(afterCompletion: { status in
                        statuses.update { $0.append(status) }
                    }))
            }
        }
        #expect(rig.poisoned.read { $0 } == 1)
        #expect(statuses.read { $0 } == [.committing])
        #expect(a.prepared.count == 1 && b.prepared.count == 1)
        // Recovery in this process does not know more.
        for _ in 0..<3 { await rig.recovery.round() }
        #expect(a.prepared.count == 1 && b.prepared.count == 1)
        #expect(rig.manager.list().count == 1)
        #expect(watcher.verbs == ["begin", "prepare"])
        let again =
            seed == 0
            ? try await rig.killed([a, b, watcher])
            : try await rig.lostPower(seed: seed, [a, b, watcher])
        await again.recovery.round()
        let committed = again.records(try #require(session.read { $0 })) != nil
        #expect(a["k"] == (committed ? "new" : nil))
        #expect(b["k"] == (committed ? "new" : nil))
        #expect(a.prepared.isEmpty && b.prepared.isEmpty)
        #expect(watcher.verbs.last == (committed ? "commit" : "rollback prepared"))
        #expect(again.manager.list().isEmpty)
        await again.close()
    }

    /// The disk fails with the next forced write, which is the decision's.
    private func failingAtDecision(
        _ rig: Rig, _ others: MemoryResource...
    ) -> Recorder.Hook {
        { verb in
            guard verb == .prepare else { return }
            try await eventually("the others have prepared", seconds: 60) {
                others.allSatisfy { $0.prepared.count == 1 }
            }
            rig.files.fail(.datasync)
        }
    }

    @Test(arguments: 0..<4)
    func `an intent that nobody knows commits nothing`(seed: UInt64) async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        try await rig.settled()
        let session = Probe<SessionID?>(nil)
        await expectCode(.transactionInDoubt) {
            try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("k", "new")
                let id = try transaction.afterCommit(Rig.kind, [1])
                session.update { $0 = id }
                rig.files.fail(.datasync)
            }
        }
        #expect(a.count(of: .commitOnePhase) == 0)
        a.crash()
        let again = try await rig.lostPower(seed: seed, [a])
        await again.recovery.round()
        #expect(a["k"] == nil)
        #expect(again.records(try #require(session.read { $0 })) == nil)
        #expect(again.manager.list().isEmpty)
        await again.close()
    }

    @Test func `an intent for a rollback that nobody knows fails the body`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        try await rig.settled()
        await expectCode(.outcomeUnknown) {
            try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("k", "new")
                rig.files.fail(.datasync)
                try await transaction.afterRollback(Rig.kind, [1])
            }
        }
        #expect(a["k"] == nil && a.openBranches == 0)
        await rig.close()
    }

    @Test func `a poisoned log refuses what comes next, which is rolled back`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b])
        try await rig.settled()
        rig.files.fail(.datasync)
        let kind = Rig.kind
        await #expect(throws: RepriseError.self) { try await rig.manager.afterCommit(kind, [1]) }
        await expectCode(.transactionRolledBack) {
            try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("k", "new")
                try await transaction.enlist(b).write("k", "new")
            }
        }
        #expect(a.values.isEmpty && b.values.isEmpty && a.prepared.isEmpty && b.prepared.isEmpty)
        // What needs no log goes on.
        try await rig.manager.run { try await $0.enlist(a).write("k", "new") }
        #expect(a["k"] == "new")
        await rig.close()
    }

    @Test func `the branch that decides has decided, although that cannot be written`()
        async throws
    {
        let a = MemoryResource("a")
        let last = Recorder("z", diary, prepares: false)
        let rig = try Rig([a, last])
        try await rig.settled()
        last.onCall { verb in
            guard verb == .commitRecorded else { return }
            rig.files.fail(.datasync)
            // Something that must be written finds the disk broken.
            await #expect(throws: RepriseError.self) {
                try await rig.manager.afterCommit(Rig.kind, [1])
            }
        }
        let report = try await rig.manager.run { transaction in
            try await transaction.enlist(a).write("k", "new")
            _ = try await transaction.enlist(last)
            return transaction
        }.report
        #expect(report == .committed(pending: []))
        #expect(a.prepared.count == 1, "not told before it is written")
        #expect(a.count(of: .rollbackPrepared) == 0)
        let again = try await rig.killed([a, last])
        await again.recovery.round()
        #expect(last.verbs.contains("outcome"))
        #expect(a["k"] == "new")
        await again.close()
    }

    // MARK: A full disk

    @Test func `a full disk keeps room for decisions`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b]) { $0.maxSegments = 4 }
        await fill(rig)
        for round in 0..<20 {
            try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("k", "\(round)")
                try await transaction.enlist(b).write("k", "\(round)")
            }
        }
        #expect(a["k"] == "19" && b["k"] == "19")
        await rig.close()
    }

    @Test func `when not even that is left, the decision is refused and all rolled back`()
        async throws
    {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b]) { $0.maxSegments = 4 }
        await fill(rig)
        await exhaust(rig)
        await expectCode(.transactionRolledBack) {
            try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("k", "new")
                try await transaction.enlist(b).write("k", "new")
            }
        }
        #expect(a.values.isEmpty && b.values.isEmpty)
        #expect(a.prepared.isEmpty && b.prepared.isEmpty)
        #expect(rig.manager.list().isEmpty)
        #expect(rig.poisoned.read { $0 } == 0)
        await rig.close()
    }

    private func exhaust(_ rig: Rig) async {
        var outline = Outline()
        var size = 3_000
        for number in 0..<100_000 {
            let id = TransactionID(time: .zero, random: (1, UInt64(number)))
            outline.headers = [Header("h", String(repeating: "x", count: size))]
            let record = TransactionRecord(.rolledBack, id, time: .zero, outline: outline)
            do {
                _ = try await rig.journal.writeDurably(record, use: .reserve)
            } catch {
                #expect(error.code == .diskFull)
                if size == 0 { return }
                size /= 2
            }
        }
        Issue.record("the reserve never ends")
    }

    // MARK: Kafka

    @Test func `a mirrored decision counts once Kafka has it`() async throws {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary))
        let mirrored = Probe<[LSN]>([])
        let rig = try Rig([a, b]) { [diary] setting in
            setting.options.acknowledgement = .mirrored
            setting.mirrored = { lsn, _ throws(RepriseError) in
                mirrored.update { $0.append(lsn) }
                diary.update { $0.append("mirrored") }
            }
        }
        let before = rig.appended
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
        }
        #expect(mirrored.read { $0.map(\.rawValue) } == [before + 1])
        let place = try #require(seen.firstIndex(of: "mirrored"))
        #expect(seen[..<place].count { $0.hasSuffix("prepare") } == 2)
        #expect(seen[place...].count { $0.hasSuffix("commit") } == 2)
        await rig.close()
    }

    @Test(arguments: [ErrorCode.shuttingDown, .outcomeUnknown, .diskFull, .internalDefect])
    func `an error of the mirror after the decision never rolls back`(code: ErrorCode)
        async throws
    {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b]) { setting in
            setting.options.acknowledgement = .mirrored
            setting.mirrored = { _, _ throws(RepriseError) in throw RepriseError(code, "trouble") }
        }
        await expectCode(.transactionInDoubt) {
            try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("k", "new")
                try await transaction.enlist(b).write("k", "new")
            }
        }
        #expect(a.prepared.count == 1 && b.prepared.count == 1)
        let again = try await rig.killed([a, b])
        await again.recovery.round()
        #expect(a["k"] == "new" && b["k"] == "new")
        #expect(a.count(of: .rollbackPrepared) + b.count(of: .rollbackPrepared) == 0)
        await again.close()
    }
}
