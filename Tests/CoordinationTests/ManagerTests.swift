import Coordination
import Journal
import Model
import TestSupport
import Testing
import Transactions

/// TRANSACTIONS.md, sections 4 and 5: which verbs come in which order.
@Suite struct ManagerTests {
    let diary = Probe<[String]>([])
    var seen: [String] { diary.read { $0 } }

    @Test func `one resource commits in one phase, and nothing is written`() async throws {
        let a = Recorder("a", diary)
        let rig = try Rig([a])
        let before = rig.appended
        let result = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            return 7
        }
        #expect(result == 7)
        #expect(seen == ["a begin", "a commit one phase"])
        #expect(rig.appended == before)
        await rig.close()
    }

    @Test func `two resources prepare before either commits`() async throws {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary))
        let rig = try Rig([a, b])
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
            #expect(transaction.resources == ["a", "b"])
        }
        #expect(seen.prefix(2) == ["a begin", "b begin"])
        #expect(Set(seen[2..<4]) == ["a prepare", "b prepare"])
        #expect(Set(seen[4...]) == ["a commit", "b commit"])
        #expect(rig.journal.unfinishedTransactions.isEmpty)
        await rig.close()
    }

    @Test func `branches prepare at the same time`() async throws {
        let arrived = Probe<Int>(0)
        let meet: Recorder.Hook = { verb in
            guard verb == .prepare else { return }
            arrived.update { $0 += 1 }
            try await arrived.wait("both prepare", seconds: 60) { $0 == 2 }
        }
        let (a, b) = (Recorder("a", diary, hook: meet), Recorder("b", diary, hook: meet))
        let rig = try Rig([a, b])
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
        }
        #expect(Set(seen.suffix(2)) == ["a commit", "b commit"])
        await rig.close()
    }

    @Test func `a failed prepare rolls back in reverse order`() async throws {
        let a = Recorder("a", diary)
        let b = Recorder("b", diary) { if $0 == .prepare { throw Recorder.Failure() } }
        let rig = try Rig([a, b])
        let error = await #expect(throws: RepriseError.self) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                _ = try await transaction.enlist(b)
            }
        }
        #expect(error?.code == .transactionRolledBack)
        #expect(
            seen.suffix(4) == [
                "b rollback", "b rollback prepared", "a rollback", "a rollback prepared",
            ])
        await rig.close()
    }

    @Test func `the body's error rolls back in reverse order and reaches the caller`()
        async throws
    {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary))
        let rig = try Rig([a, b])
        await #expect(throws: Recorder.Failure.self) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                _ = try await transaction.enlist(b)
                throw Recorder.Failure()
            }
        }
        #expect(seen.suffix(2) == ["b rollback", "a rollback"])
        #expect(rig.manager.list().isEmpty)
        await rig.close()
    }

    @Test func `a dead connection is no error of a rollback, and the others are told`()
        async throws
    {
        let a = Recorder("a", diary)
        let b = Recorder("b", diary) { if $0 == .rollback { throw Recorder.Failure() } }
        let rig = try Rig([a, b])
        await #expect(throws: CancellationError.self) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                _ = try await transaction.enlist(b)
                throw CancellationError()
            }
        }
        #expect(seen.suffix(2) == ["b rollback", "a rollback"])
        #expect(rig.manager.list().isEmpty)
        await rig.close()
    }

    @Test func `who votes read-only is left alone, on commit and on rollback`() async throws {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary, vote: .readOnly))
        let c = Recorder("c", diary)
        let rig = try Rig([a, b, c])
        let work: @Sendable (Transaction) async throws -> Void = { transaction in
            for resource in [a, b, c] { _ = try await transaction.enlist(resource) }
        }
        try await rig.manager.run(work)
        #expect(b.verbs == ["begin", "prepare"])
        #expect(a.verbs.last == "commit" && c.verbs.last == "commit")
        c.onCall { if $0 == .prepare { throw Recorder.Failure() } }
        await #expect(throws: RepriseError.self) { try await rig.manager.run(work) }
        #expect(b.verbs == ["begin", "prepare", "begin", "prepare"])
        await rig.close()
    }

    @Test func `one that is left when the others voted read-only needs no decision`()
        async throws
    {
        let (a, b) = (
            Recorder("a", diary, vote: .readOnly), Recorder("b", diary, vote: .readOnly)
        )
        let rig = try Rig([a, b])
        let before = rig.appended
        let report = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
            return transaction
        }.report
        #expect(report == .committed(pending: []))
        #expect(rig.appended == before)
        await rig.close()
    }

    @Test func `the last resource commits between the others' prepare and their commit`()
        async throws
    {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary))
        let last = Recorder("z", diary, prepares: false)
        let rig = try Rig([a, b, last])
        try await rig.manager.run { transaction in
            for resource in [last, a, b] { _ = try await transaction.enlist(resource) }
        }
        #expect(Set(seen[3..<5]) == ["a prepare", "b prepare"])
        #expect(seen[5] == "z commit recorded")
        #expect(Set(seen[6..<8]) == ["a commit", "b commit"])
        try await last.diary.wait("the record is forgotten") { $0.contains("z forget") }
        await rig.close()
    }

    @Test func `a commit that fails is tried again, and the caller learns who is late`()
        async throws
    {
        let failures = Count()
        let a = Recorder("a", diary)
        let b = Recorder("b", diary) { verb in
            guard verb == .commit, failures.value < 3 else { return }
            failures.add()
            throw Recorder.Failure()
        }
        let rig = try Rig([a, b]) { $0.options.retry.firstDelay = 1 }
        let report = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
            return transaction
        }.report
        #expect(report == .committed(pending: ["b"]))
        #expect(a.count(.commit) == 1)
        try await rig.finished()
        #expect(b.count(.commit) == 4)
        #expect(b.count(.rollback) + b.count(.rollbackPrepared) == 0)
        await rig.close()
    }
}
