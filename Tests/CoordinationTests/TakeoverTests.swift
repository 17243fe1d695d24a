import Coordination
import Journal
import Logging
import Model
import RepriseTestKit
import Sessions
import TestSupport
import Testing
import Transactions
import WAL

/// TRANSACTIONS.md, section 6: what a node leaves to others with its decision, and what they do.
@Suite struct TakeoverTests {
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// The lease is a day: a slow machine takes longer than the usual minute for a test.
    private static func withKafka(_ setting: inout Rig.Setting) {
        setting.mirrored = { _, _ in }
        setting.options.takeoverAfter = lease
    }

    private static let lease: Milliseconds = 86_400_000

    /// A transaction that is decided, with one branch that this process cannot tell.
    private func stuck(
        _ a: MemoryResource, _ b: MemoryResource,
        _ change: (inout Rig.Setting) -> Void = TakeoverTests.withKafka
    ) async throws -> (rig: Rig, id: TransactionID) {
        let rig = try Rig([a, b], change)
        b.inject(.fails, on: .commitPrepared, times: 1_000_000)
        let transaction = try await rig.manager.run { transaction in
            try await transaction.enlist(a).write("k", "new")
            try await transaction.enlist(b).write("k", "new")
            return transaction
        }
        #expect(transaction.report == .committed(pending: ["b"]))
        return (rig, transaction.id)
    }

    private func list(_ rig: Rig, _ id: TransactionID) throws -> CommitList {
        let session = try #require(rig.journal.session(id.finishSession))
        #expect(session.kind == .transactionFinish)
        #expect(session.headers == [Header("reprise-transaction", "\(id)")])
        let record = try #require(session.records.first)
        return try #require(CommitList(decoding: record))
    }

    private func takeover(_ resources: [any TransactionResource]) throws -> Takeover {
        let registry = ResourceRegistry()
        for resource in resources { try registry.register(resource) }
        return Takeover(resources: registry, logger: Self.logger)
    }

    private func totals(_ rig: Rig) -> Totals { rig.journal.withCore { $0.table.totals } }

    // MARK: The node

    @Test func `a decision names the branches to others until it is carried out`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, id) = try await stuck(a, b)
        let list = try list(rig, id)
        #expect(list.transaction == id && list.journal == rig.identity)
        #expect(list.branches.map(\.resource) == ["a", "b"])
        #expect(b.prepared == [list.xid(of: list.branches[1])])
        b.clearFaults()
        try await rig.finished()
        #expect(rig.journal.session(id.finishSession) == nil)
        #expect(totals(rig).opened == 1 && totals(rig).completed == 1)
        #expect(rig.journal.withCore { $0.table.conservationDifference } == 0)
        await rig.close()
    }

    @Test func `its end stands before that of the transaction, and costs no forced write`()
        async throws
    {
        let (a, b) = (Recorder("a"), Recorder("b"))
        let rig = try Rig([a, b], Self.withKafka)
        let before = try await rig.settled()
        let appended = rig.appended
        let syncs = Probe<Set<Int>>([])
        for resource in [a, b] {
            resource.onCall { verb in
                guard verb == .commit else { return }
                syncs.update { _ = $0.insert(rig.files.calls(of: .datasync)) }
            }
        }
        try await rig.manager.run { transaction in
            for resource in [a, b] { _ = try await transaction.enlist(resource) }
        }
        #expect(syncs.read { $0 } == [before + 1])
        // The decision, the end of the session, the end of the transaction.
        #expect(rig.appended == appended + 3)
        #expect(try await rig.settled() <= before + 2)
        var kinds: [UInt8] = []
        let reader = rig.journal.log.makeReader(from: LSN(appended + 1))
        _ = try reader.next(maxBytes: 1 << 20) { _, kind, _ in
            kinds.append(kind)
            return true
        }
        // Whatever a crash leaves of it, nobody is left with a session that nobody ends.
        #expect(kinds == [FrameKind.transaction, .event, .transaction].map(\.rawValue))
        await rig.close()
    }

    @Test(arguments: [true, false])
    func `nothing is left to others where nobody could read it, or nobody may`(
        hasKafka: Bool
    ) async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, id) = try await stuck(a, b) { setting in
            if hasKafka { setting.mirrored = { _, _ in } }
            setting.options.takeoverAfter = hasKafka ? 0 : 60_000
        }
        #expect(rig.journal.session(id.finishSession) == nil)
        b.clearFaults()
        try await rig.finished()
        #expect(totals(rig) == Totals())
        await rig.close()
    }

    @Test func `one branch, and branches that only read, leave nothing to others`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let rig = try Rig([a, b], Self.withKafka)
        try await rig.manager.run { try await $0.enlist(a).write("k", "1") }
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
        }
        #expect(totals(rig) == Totals())
        await rig.close()
    }

    @Test func `of a last resource, only the others are left`() async throws {
        let a = MemoryResource("a")
        let last = MemoryResource(
            "last", abilities: ResourceAbilities(prepares: false, recordsOutcome: true))
        let rig = try Rig([a, last], Self.withKafka)
        a.inject(.fails, on: .commitPrepared, times: 1_000_000)
        let id = try await rig.manager.run { transaction in
            try await transaction.enlist(a).write("k", "new")
            try await transaction.enlist(last).write("k", "new")
            return transaction.id
        }
        #expect(try list(rig, id).branches.map(\.resource) == ["a"])
        a.clearFaults()
        try await rig.finished()
        #expect(rig.sessions == 0)
        await rig.close()
    }

    @Test func `a process that takes its own decision up again takes the session back`()
        async throws
    {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, id) = try await stuck(a, b)
        // The copy at the tail has to know of it as well.
        let carried = try #require(rig.journal.withCore { $0.transactions.carry(1) }.first)
        _ = try await rig.journal.writeDurably(carried, use: .reserve)
        b.clearFaults()
        b.inject(.fails, on: .commitPrepared, times: 1)
        // Whether it is still to be left to others has nothing to do with that.
        let heir = try await rig.killed([a, b]) { $0.options.takeoverAfter = 0 }
        #expect(heir.journal.session(id.finishSession) != nil)
        heir.recovery.start()
        try await heir.finished()
        #expect(b["k"] == "new" && heir.sessions == 0)
        #expect(totals(heir).completed == 1)
        await heir.close()
    }

    @Test func `a decision that Kafka does not have yet is not carried out after a restart either`()
        async throws
    {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, _) = try await stuck(a, b)
        let isThere = Probe(false)
        let asked = Probe(0)
        let heir = try await rig.killed([a, b]) { setting in
            setting.waitsForKafka(isThere, asked: asked)
        }
        b.clearFaults()
        let calls = b.count(of: .commitPrepared)
        heir.recovery.start()
        try await asked.wait("the recovery", seconds: 120) { $0 > 0 }
        await heir.recovery.round()
        #expect(b.count(of: .commitPrepared) == calls)
        isThere.update { $0 = true }
        try await heir.finished()
        #expect(b["k"] == "new" && heir.sessions == 0)
        await heir.close()
    }

    @Test func `an operator's word takes it back`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, id) = try await stuck(a, b)
        try await rig.manager.resolve(id, .notCommitted, reason: "the bank is gone")
        #expect(rig.sessions == 0)
        #expect(try rig.manager.show(id).isHeuristic)
        await rig.close()
    }

    @Test func `once the lease is over, it is dropped wherever it is`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, id) = try await stuck(a, b)
        let finish = try #require(
            rig.journal.withCore { $0.transactions[id] }?.outline.finish)
        let now = rig.journal.now()
        let (early, late) = rig.journal.withCore { core in
            (
                core.end(of: finish, now: now),
                core.end(of: finish, now: now + Self.lease + 1)
            )
        }
        #expect(early.body == .completed(token: .none) && early.sequence == 2)
        #expect(late.body == .cancelled(at: now + Self.lease + 1))
        #expect(late.session == finish.session && late.partition == finish.partition)
        await rig.close()
    }

    // MARK: The others

    @Test func `whoever takes it over commits, and the node finds it committed`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, id) = try await stuck(a, b)
        let list = try list(rig, id)
        b.clearFaults()
        b.pause(.commitPrepared)
        let other = try takeover([a, b])
        async let outcome = other.commit(list)
        // The worker's call is there, whether or not the node's is, too.
        await b.waitForCalls(at: .commitPrepared)
        b.resume(.commitPrepared)
        #expect(await outcome == .committed)
        #expect(b["k"] == "new" && b.prepared.isEmpty)
        try await rig.finished()
        #expect(b.count(of: .rollbackPrepared) == 0 && rig.sessions == 0)
        // Once more, as after a lost result.
        #expect(await other.commit(list) == .committed)
        await rig.close()
    }

    @Test func `a resource that is not here, or fails, leaves the rest to be tried again`()
        async throws
    {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, id) = try await stuck(a, b)
        let list = try list(rig, id)
        guard case .pending(let reason) = try await takeover([a]).commit(list) else {
            return #expect(Bool(false), "nobody could commit b")
        }
        #expect(reason.contains("b is not registered"))
        guard case .pending(let failure) = try await takeover([a, b]).commit(list) else {
            return #expect(Bool(false), "b fails")
        }
        #expect(failure.contains("resource b"))
        #expect(!b.prepared.isEmpty)
        b.clearFaults()
        #expect(try await takeover([a, b]).commit(list) == .committed)
        try await rig.finished()
        await rig.close()
    }

    @Test func `a branch that somebody has rolled back is for people to see`() async throws {
        let (a, b) = (MemoryResource("a"), MemoryResource("b"))
        let (rig, id) = try await stuck(a, b)
        let list = try list(rig, id)
        b.decideHeuristically(list.xid(of: list.branches[1]), .notCommitted)
        b.clearFaults()
        guard case .heuristic(let reason) = try await takeover([a, b]).commit(list) else {
            return #expect(Bool(false), "b was rolled back")
        }
        #expect(reason.contains("Resource b has rolled branch 2 back"))
        await rig.close()
    }
}
