import Coordination
import Dispatch
import Journal
import Model
import RepriseTestKit
import Synchronization
import TestSupport
import Testing
import Transactions
import WAL

/// Words of coordinators and operators that come early, late, twice, or together with another.
@Suite(.timeLimit(.minutes(5))) struct LateWordTests {
    private static let stranger = Xid(
        journal: 1, transaction: TransactionID(uuid: SessionID(high: 1, low: 2)), number: 1)

    @Test func `a decision that Kafka does not have yet is told to nobody after a restart`()
        async throws
    {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        net.inject(.loses, on: .commit, to: "b", times: 100_000)
        try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.write("b", from: "a", in: transaction)
        }
        let xid = try #require(net.rig("b")?.manager.participants.prepared().first)
        let isThere = Probe(false)
        let asked = Probe(0)
        let next = try await net.restart("a", calling: ["b"]) { setting in
            setting.waitsForKafka(isThere, asked: asked)
        }
        #expect(try await next.manager.answer(about: xid) == .undecided)
        // Nor when recovery has it in hand, and waits for Kafka itself.
        next.recovery.start()
        try await asked.wait("the recovery", seconds: 120) { $0 > 1 }
        #expect(try await next.manager.answer(about: xid) == .undecided)
        isThere.update { $0 = true }
        try await eventually("it is told", seconds: 60) {
            try await next.manager.answer(about: xid) == .committed
        }
        net.clearFaults()
        try await next.finished()
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `success for a part that is gone is as durable as what it wrote`() async throws {
        let a = MemoryResource("a")
        let rig = try Rig([a]) { setting in
            setting.mirrored = { _, _ in }
            setting.lazyWait = 600_000
        }
        let before = try await rig.settled()
        // Leaves a record that nobody waits for, as the end of a part does.
        try await rig.manager.run { try await $0.enlist(a).write("k", "new") }
        #expect(rig.files.calls(of: .datasync) == before)
        try await rig.manager.participants.commit(Self.stranger, part: nil)
        #expect(rig.journal.log.durable == rig.journal.log.appended)
        #expect(rig.files.calls(of: .datasync) == before + 1)
        await rig.close()
    }

    @Test func `a part that recovery ends at the same time is not ended twice`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        let slow = SlowToTell(MemoryResource("slow"))
        try b.registry.register(slow)
        net.inject(.loses, on: .commit, to: "b", times: 100_000)
        let session = try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            return try await net.call("b", from: "a", in: transaction) { part in
                try await part.enlist(slow).write("k", "new")
                return try part.afterCommit(Rig.kind, [1])
            }
        }
        let next = try await net.restart("b")
        try next.registry.register(slow)
        let xid = try #require(next.manager.participants.prepared().first)
        slow.arm()
        let told = Task { try await next.manager.participants.commit(xid, part: nil) }
        // The verb has read the log, and has not taken the part up yet.
        try await slow.isInside.wait("the verb", seconds: 60) { $0 }
        await next.recovery.round()
        try await next.finished()
        slow.letGo()
        try await told.value
        #expect(next.journal.withCore { $0.transactions.totals.committed } == 1)
        #expect(next.records(session) == [[1]] && next.sessions == 1)
        #expect(next.manager.list().isEmpty)
        #expect(slow.store["k"] == "new")
        await net.close()
    }

    @Test func `an operator's word counts for parts that nobody has come to ask about`()
        async throws
    {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        // More than recovery asks about at once.
        let (atOnce, all) = (64, 66)
        net.inject(.loses, on: .commit, to: "b", times: 100_000)
        for number in 0..<all {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("\(number)", "new")
                try await net.call("b", from: "a", in: transaction) { part in
                    try await part.enlist(net["b"]).write("\(number)", "new")
                }
            }
        }
        net.isolate("b")
        let (asking, mayGo) = (Probe(0), Probe(false))
        net.inject(
            .meanwhile {
                asking.update { $0 += 1 }
                try await mayGo.wait("leave to go", seconds: 120) { $0 }
            }, on: .ask, to: "a", times: atOnce)
        let b = try await net.restart("b")
        let round = Task { await b.recovery.round() }
        try await asking.wait("the questions", seconds: 120) { $0 == atOnce }
        let waiting = b.manager.list().map(\.id)
        #expect(waiting.count == all)
        for id in waiting {
            try await b.manager.resolve(id, .committed, reason: "a is lost")
            #expect(try b.manager.show(id).isHeuristic)
        }
        #expect(net["b"].prepared.isEmpty)
        mayGo.update { $0 = true }
        await round.value
        await net.close()
    }

    @Test func `a commit in one phase that is repeated is answered the same again`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        let link = try net.link("b", from: "a")
        net.inject(.losesAnswer, on: .commitOnePhase, to: "b")
        let seen = Probe<(Xid, TransactionID)?>(nil)
        await expectCode(.transactionInDoubt) {
            try await a.manager.run { transaction in
                let xid = try await transaction.enlist(link).xid
                let part = try await net.call("b", from: "a", in: transaction) { part in
                    try await part.enlist(net["b"]).write("k", "new")
                    return part.id
                }
                seen.update { $0 = (xid, part) }
            }
        }
        let (xid, part) = try #require(seen.read { $0 })
        let participants = b.manager.participants
        try await participants.commitOnePhase(xid, part: part)
        try await participants.commitOnePhase(xid, part: nil)
        #expect(net["b"]["k"] == "new" && net["b"].count(of: .commitOnePhase) == 1)
        await expectCode(.transactionNotFound) {
            try await participants.commitOnePhase(
                xid, part: TransactionID(uuid: SessionID(high: 3, low: 4)))
        }
        await expectCode(.transactionNotFound) {
            try await participants.commitOnePhase(Self.stranger, part: nil)
        }
        // Nobody repeats it for so long.
        b.clock.advance(by: 3_600_000)
        await expectCode(.transactionNotFound) {
            try await participants.commitOnePhase(xid, part: part)
        }
        await net.close()
    }
}

/// A store that keeps whoever looks at its abilities waiting, once. Whoever takes a transaction up
/// from the log does that.
private final class SlowToTell: TransactionResource {
    let store: MemoryResource
    let isInside = Probe(false)
    private let isArmed = Atomic(false)
    private let leave = DispatchSemaphore(value: 0)

    init(_ store: MemoryResource) { self.store = store }

    func arm() { isArmed.store(true, ordering: .sequentiallyConsistent) }
    func letGo() { leave.signal() }

    var name: String { store.name }

    var abilities: ResourceAbilities {
        if isArmed.exchange(false, ordering: .sequentiallyConsistent) {
            isInside.update { $0 = true }
            _ = leave.wait(timeout: .now() + 60)
        }
        return store.abilities
    }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> MemoryBranch {
        try await store.begin(xid, readOnly: readOnly)
    }

    func commitPrepared(_ xid: Xid) async throws { try await store.commitPrepared(xid) }
    func rollbackPrepared(_ xid: Xid) async throws { try await store.rollbackPrepared(xid) }
    func preparedBranches() async throws -> [Xid] { try await store.preparedBranches() }
    func outcome(of xid: Xid) async throws -> BranchOutcome { try await store.outcome(of: xid) }
}
