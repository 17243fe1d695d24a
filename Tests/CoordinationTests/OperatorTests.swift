import Coordination
import Journal
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions

/// TRANSACTIONS.md, section 6: what operators see and do, and heuristic outcomes.
@Suite struct OperatorTests {
    /// A transaction that is decided, with one branch that cannot be told.
    private func stuck(_ b: MemoryResource) async throws -> (Rig, MemoryResource, TransactionID) {
        let a = MemoryResource("a")
        let rig = try Rig([a, b])
        b.inject(.fails, on: .commitPrepared, times: 1_000_000)
        let transaction = try await rig.manager.run { transaction in
            try await transaction.enlist(a).write("k", "new")
            try await transaction.enlist(b).write("k", "new")
            return transaction
        }
        #expect(transaction.report == .committed(pending: ["b"]))
        return (rig, a, transaction.id)
    }

    @Test func `what is at work and what waits is listed, oldest first, with the reason`()
        async throws
    {
        let b = MemoryResource("b")
        let (rig, a, id) = try await stuck(b)
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            let list = rig.manager.list()
            #expect(list.map(\.id) == [id, transaction.id].sorted())
            #expect(rig.manager.list(limit: 1).count == 1)
            #expect(rig.manager.list(limit: -1).isEmpty)
            let active = try rig.manager.show(transaction.id)
            #expect(active.status == .active)
            #expect(active.branches.map(\.resource) == ["a"])
        }
        let view = try rig.manager.show(id)
        #expect(view.status == .committing)
        #expect(view.time != nil)
        #expect(!view.isHeuristic)
        #expect(view.standing == .pending)
        #expect(view.branches.map(\.state) == [.committed, .committing])
        #expect(view.branches[1].attempts > 0)
        #expect(view.branches[1].trouble?.code == .resourceFailed)
        #expect(view.branches[0].trouble == nil)
        b.clearFaults()
        try await rig.finished()
        await expectCode(.transactionNotFound) { _ = try rig.manager.show(id) }
        #expect(b["k"] == "new")
        await rig.close()
    }

    @Test func `nothing is resolved that does not wait for an operator`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a])
        let gone = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            await expectCode(.transactionNotActive) {
                try await rig.manager.resolve(transaction.id, .notCommitted, reason: "impatient")
            }
            await expectCode(.transactionNotFound) { try await rig.manager.forget(transaction.id) }
            return transaction.id
        }
        await expectCode(.transactionNotFound) {
            try await rig.manager.resolve(gone, .committed, reason: "late")
        }
        await expectCode(.transactionNotFound) { try await rig.manager.forget(gone) }
        await rig.close()
    }

    @Test(arguments: [BranchOutcome.committed, .notCommitted])
    func `an operator's word ends the waiting, stays on record over restarts, until forgotten`(
        outcome: BranchOutcome
    ) async throws {
        let b = MemoryResource("b")
        let (rig, a, id) = try await stuck(b)
        await expectCode(.transactionNotActive) { try await rig.manager.forget(id) }
        try await rig.manager.resolve(id, outcome, reason: "the disk of b is lost")
        var view = try rig.manager.show(id)
        #expect(view.isHeuristic)
        #expect(view.reason.contains("the disk of b is lost"))
        #expect(view.branches.map(\.resource) == ["b"])
        #expect(view.branches[0].state == .heuristic)
        #expect(view.branches[0].heuristic == outcome)
        await expectCode(.transactionNotActive) {
            try await rig.manager.resolve(id, outcome, reason: "again")
        }
        let again = try await rig.killed([a, b])
        await again.recovery.round()
        view = try again.manager.show(id)
        #expect(view.isHeuristic && view.branches[0].heuristic == outcome)
        #expect(again.manager.list().map(\.id) == [id])
        await expectCode(.transactionNotActive) {
            try await again.manager.resolve(id, outcome, reason: "again")
        }
        #expect(b.prepared.count == 1, "what an operator has taken on is not touched")
        await expectCode(.transactionHeuristic) { try await again.manager.forget(id) }
        #expect(try again.manager.show(id).isHeuristic)
        // The operator does what was said.
        b.decideHeuristically(try #require(b.prepared.first), outcome)
        b.inject(.fails, on: .preparedBranches)
        await expectCode(.resourceFailed) { try await again.manager.forget(id) }
        try await again.manager.forget(id)
        await expectCode(.transactionNotFound) { _ = try again.manager.show(id) }
        let last = try await again.killed([a, b])
        await expectCode(.transactionNotFound) { _ = try last.manager.show(id) }
        await last.close()
    }

    @Test func `what nobody can check is forgotten only unchecked`() async throws {
        let b = MemoryResource("b")
        let (rig, a, id) = try await stuck(b)
        try await rig.manager.resolve(id, .committed, reason: "the disk of b is lost")
        let again = try await rig.restarted([a])
        await expectCode(.resourceUnknown) { try await again.manager.forget(id) }
        try await again.manager.forget(id, unchecked: true)
        #expect(again.manager.list().isEmpty)
        await again.close()
    }

    @Test func `a page begins with what somebody should look at`() async throws {
        let b = MemoryResource("b")
        let (rig, a, heuristic) = try await stuck(b)
        var pending: [TransactionID] = []
        for _ in 0..<3 {
            let transaction = try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("\(pending.count)", "new")
                try await transaction.enlist(b).write("\(pending.count)", "new")
                return transaction
            }
            pending.append(transaction.id)
        }
        try await rig.manager.resolve(heuristic, .committed, reason: "I did it")
        var seen: [TransactionView] = []
        var after: TransactionCursor?
        repeat {
            let page = rig.manager.page(limit: 1, after: after)
            seen += page.transactions
            after = page.next
            if let next = page.next { #expect(TransactionCursor(text: "\(next)") == next) }
        } while after != nil && seen.count < 10
        #expect(seen.map(\.id) == [heuristic] + pending.sorted())
        #expect(seen.map(\.standing) == [.heuristic, .pending, .pending, .pending])
        #expect(rig.manager.page(limit: 10).next == nil)
        #expect(TransactionCursor(text: "2.\(heuristic)") == nil)
        #expect(TransactionCursor(text: "0.x") == nil)
        await rig.close()
    }

    @Test func `an outcome that the resource decided otherwise is kept and reported`()
        async throws
    {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b])
        b.pause(.commitPrepared)
        let run = Task {
            try await rig.manager.run { transaction in
                try await transaction.enlist(a).write("k", "new")
                try await transaction.enlist(b).write("k", "new")
                return transaction
            }
        }
        await b.waitForCalls(at: .commitPrepared)
        let xid = try #require(b.prepared.first)
        b.decideHeuristically(xid, .notCommitted)
        b.resume(.commitPrepared)
        let transaction = try await run.value
        #expect(transaction.status == .committed)
        #expect(a["k"] == "new" && b["k"] == nil)
        try await rig.idle()
        let again = try await rig.killed([a, b])
        await again.recovery.round()
        let view = try again.manager.show(transaction.id)
        #expect(view.isHeuristic)
        #expect(view.branches.map(\.heuristic) == [.notCommitted])
        #expect(b.count(of: .rollbackPrepared) == 0)
        await again.close()
    }

    @Test func `an undecided branch that somebody committed is kept and reported`()
        async throws
    {
        let b = MemoryResource("b")
        let rig = try Rig([b])
        let id = TransactionID(time: rig.journal.now(), random: (1, 2))
        let xid = Xid(journal: rig.identity, transaction: id, number: 1)
        let branch = try await b.begin(xid, readOnly: false)
        try await branch.write("k", "new")
        _ = try await branch.prepare()
        b.pause(.rollbackPrepared)
        let round = Task { await rig.recovery.round() }
        await b.waitForCalls(at: .rollbackPrepared)
        b.decideHeuristically(xid, .committed)
        b.resume(.rollbackPrepared)
        await round.value
        #expect(b["k"] == "new")
        try await rig.idle()
        let again = try await rig.killed([b])
        await again.recovery.round()
        let view = try again.manager.show(id)
        #expect(view.isHeuristic && view.branches.map(\.heuristic) == [.committed])
        try await again.manager.forget(id)
        #expect(again.manager.list().isEmpty)
        await again.close()
    }

    @Test(arguments: [BranchOutcome.committed, .notCommitted])
    func `an operator decides for a branch that cannot be asked, and what waits for it follows`(
        outcome: BranchOutcome
    ) async throws {
        let (a, last) = (
            MemoryResource("a"),
            MemoryResource(
                "z", abilities: ResourceAbilities(prepares: false, recordsOutcome: true))
        )
        let rig = try Rig([a, last])
        last.inject(.fails, on: .commitOnePhase)
        last.inject(.fails, on: .outcome, times: 1_000_000)
        let (id, session) = try await inDoubt(rig, a, last)
        #expect(try rig.manager.show(id).status == .committing)
        #expect(a.prepared.count == 1, "nobody knows, so nothing is done")
        try await rig.manager.resolve(id, outcome, reason: "I looked")
        try await eventually("a is told", seconds: 60) { a.prepared.isEmpty }
        #expect(a["k"] == (outcome == .committed ? "new" : nil))
        #expect((rig.records(session) != nil) == (outcome == .committed))
        let again = try await rig.restarted([a, last])
        await again.recovery.round()
        #expect((again.records(session) != nil) == (outcome == .committed))
        #expect(try again.manager.show(id).isHeuristic)
        await again.close()
    }

    private func inDoubt(
        _ rig: Rig, _ resources: MemoryResource...
    ) async throws -> (TransactionID, SessionID) {
        let ids = Probe<(TransactionID, SessionID)?>(nil)
        await expectCode(.transactionInDoubt) {
            try await rig.manager.run { transaction in
                for resource in resources {
                    try await transaction.enlist(resource).write("k", "new")
                }
                let session = try transaction.afterCommit(Rig.kind, [1])
                ids.update { $0 = (transaction.id, session) }
            }
        }
        return try #require(ids.read { $0 })
    }
}
