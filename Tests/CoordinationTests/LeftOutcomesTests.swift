import Coordination
import Journal
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions
import WAL

/// Records of one-phase commits do not outlive their use.
@Suite struct LeftOutcomesTests {
    /// One that commits in one phase with its record, as a coordinator asks for it.
    private func recorded(
        _ journal: UInt64, _ id: TransactionID, in resource: MemoryResource
    ) async throws -> Xid {
        let xid = Xid(journal: journal, transaction: id, number: 1)
        let branch = try await resource.begin(xid, readOnly: false)
        try await branch.write("k", "new")
        try await branch.commitOnePhase(recordingOutcome: true)
        return xid
    }

    @Test func `what a process died before forgetting, the next one forgets`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        a.pause(.forgetOutcome)
        try await rig.manager.run { transaction in
            try await transaction.enlist(a).write("k", "new")
            try transaction.afterCommit(Rig.kind, [1])
        }
        await a.waitForCalls(at: .forgetOutcome)
        // The call that waits belongs to the process that dies.
        a.inject(.fails, on: .forgetOutcome)
        let files = rig.files.kill()
        a.resume(.forgetOutcome)
        await rig.close()
        #expect(a.outcomes.values.contains(.committed))
        let again = try Rig([a], files: files)
        await again.recovery.round()
        #expect(a.outcomes.isEmpty)
        #expect(a["k"] == "new" && again.sessions == 1)
        await again.close()
    }

    @Test func `what the log would still ask for is kept`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        let id = TransactionID(time: rig.journal.now(), random: (1, 2))
        let xid = try await recorded(rig.identity, id, in: a)
        var outline = Outline()
        outline.branches = [BranchReference(number: 1, resource: "a")]
        outline.asked = 1
        _ = try await rig.journal.writeDurably(
            TransactionRecord(.intended, id, time: rig.journal.now(), outline: outline),
            use: .normal)
        a.inject(.fails, on: .outcome, times: 1_000_000)
        for _ in 0..<3 { await rig.recovery.round() }
        #expect(a.outcomes == [xid: .committed])
        #expect(a.count(of: .recordedCommits) >= 3)
        a.clearFaults()
        try await rig.finished()
        try await eventually("it is forgotten", seconds: 60) { a.outcomes.isEmpty }
        #expect(rig.journal.withCore { $0.transactions.totals.committed } == 1)
        await rig.close()
    }

    @Test func `another journal's are left alone, and tombstones`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        let id = TransactionID(time: rig.journal.now(), random: (1, 2))
        let other = try await recorded(rig.identity &+ 1, id, in: a)
        let tombstone = Xid(journal: rig.identity, transaction: id, number: 2)
        #expect(try await a.outcome(of: tombstone) == .notCommitted)
        await rig.recovery.round()
        #expect(a.outcomes == [other: .committed, tombstone: .notCommitted])
        await rig.close()
    }

    @Test func `a resource that does not answer keeps nobody from recovering`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        let xid = try await recorded(
            rig.identity, TransactionID(time: rig.journal.now(), random: (1, 2)), in: a)
        a.inject(.fails, on: .recordedCommits)
        await rig.recovery.round()
        #expect(a.outcomes == [xid: .committed])
        await rig.recovery.round()
        #expect(a.outcomes.isEmpty)
        await rig.close()
    }
}
