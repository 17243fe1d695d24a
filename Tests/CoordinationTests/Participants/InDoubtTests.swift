import Coordination
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions

/// A part that has voted waits for its coordinator, over restarts, and never decides by itself.
@Suite(.timeLimit(.minutes(5))) struct InDoubtTests {
    /// a has decided to commit, and b, which has voted, hears nothing of it.
    private func undecided(asksInVain: Bool = false) async throws -> (Net, TransactionID) {
        let net = Net(patience: asksInVain ? Net.impatience : 3_600_000)
        if asksInVain { net.inject(.loses, on: .ask, to: "a", times: 100_000) }
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        net.inject(.meanwhile { net.isolate("b") }, on: .commit, to: "b")
        let transaction = try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.write("b", from: "a", in: transaction)
            return transaction
        }
        #expect(transaction.report == .committed(pending: ["to-b"]))
        return (net, transaction.id)
    }

    @Test func `it is listed, holds what it prepared, and refuses more work`() async throws {
        let (net, id) = try await undecided()
        let b = try #require(net.rig("b"))
        let xid = try #require(b.manager.participants.prepared().first)
        #expect(xid.own?.transaction == id)
        #expect(try b.manager.participants.status(xid) == .prepared)
        #expect(b.manager.participants.prepared(after: xid.description).isEmpty)
        #expect(b.manager.list().first?.branches.last?.resource == Superior.resource)
        #expect(net["b"].prepared.count == 1)
        let late = TransactionContext(
            xid: xid, mode: .writing, timeLeft: 1_000, address: "a")
        await expectCode(.transactionNotActive) {
            _ = try await b.manager.participants.run(late) { _ in }
        }
        // After a restart it knows as much.
        let next = try await net.restart("b")
        #expect(next.manager.participants.prepared() == [xid])
        #expect(try next.manager.participants.status(xid) == .prepared)
        #expect(try await next.manager.participants.prepare(xid, part: nil).vote == .prepared)
        await expectCode(.transactionNotActive) {
            _ = try await next.manager.participants.run(late) { _ in }
        }
        await net.close()
    }

    @Test(arguments: [false, true])
    func `it asks until it is answered`(restarts: Bool) async throws {
        let (net, _) = try await undecided(asksInVain: true)
        if restarts { try await net.restart("b").recovery.start() }
        let b = try #require(net.rig("b"))
        // It has asked in vain, and is where it was.
        try await eventually("b has tried", seconds: 120) {
            await b.recovery.round()
            return !restarts || b.manager.list().first?.branches.last?.attempts ?? 0 > 1
        }
        #expect(net["b"]["k"] == "old")
        #expect(net["b"].prepared.count == 1)
        net.clearFaults()
        net.inject(.loses, on: .commit, to: "b", times: 100_000)
        net.heal("b")
        try await b.finished()
        #expect(net.values == ["new"])
        #expect(net.count(.ask, to: "a") > 0)
        net.clearFaults()
        try await net.rig("a")?.finished()
        await net.close()
    }

    @Test func `after a restart it does as it is told, before it has asked`() async throws {
        let (net, _) = try await undecided()
        net.inject(.loses, on: .ask, to: "a", times: 100_000)
        // Recovery has not been started: the verb has to find it in the log.
        let b = try await net.restart("b")
        net.heal("b")
        try await net.rig("a")?.finished()
        #expect(net.values == ["new"])
        #expect(b.manager.list().isEmpty)
        await net.close()
    }

    @Test func `another journal's answer does not count`() async throws {
        let (net, _) = try await undecided()
        let b = try #require(net.rig("b"))
        let xid = try #require(b.manager.participants.prepared().first)
        // A node with a journal of its own stands at the address now, and knows nothing.
        let other = try Net().start("x")
        await expectCode(.transactionNotFound) { _ = try await other.manager.answer(about: xid) }
        await other.close()
        #expect(try await net.rig("a")?.manager.answer(about: xid) == .committed)
        await net.close()
    }

    @Test func `a coordinator that knows nothing of it answers rolled back`() async throws {
        let net = Net()
        let a = try net.start("a")
        let xid = Xid(
            journal: a.identity,
            transaction: TransactionID(uuid: SessionID(high: 1, low: 2)), number: 1)
        #expect(try await a.manager.answer(about: xid) == .rolledBack)
        try await a.manager.run { transaction in
            _ = try await transaction.enlist(net["a"])
            let live = Xid(journal: a.identity, transaction: transaction.id, number: 2)
            #expect(try await a.manager.answer(about: live) == .undecided)
        }
        await net.close()
    }

    @Test(arguments: [BranchOutcome.committed, .notCommitted], [false, true])
    func `an operator decides for a coordinator that cannot be asked`(
        outcome: BranchOutcome, restarts: Bool
    ) async throws {
        let (net, id) = try await undecided()
        if restarts {
            let b = try await net.restart("b")
            await b.recovery.round()
        }
        let b = try #require(net.rig("b"))
        let part = try #require(b.manager.list().first?.id)
        try await b.manager.resolve(part, outcome, reason: "a is lost")
        try await eventually("it has ended", seconds: 60) {
            (try? b.manager.show(part).isHeuristic) == true
        }
        #expect(net["b"]["k"] == (outcome == .committed ? "new" : "old"))
        #expect(net["b"].prepared.isEmpty)
        // The coordinator hears of it, and has it on record where it is another outcome.
        net.heal("b")
        if outcome == .committed {
            try await net.rig("a")?.finished()
        } else {
            try await eventually("the coordinator has it on record", seconds: 60) {
                (try? net.rig("a")?.manager.show(id).isHeuristic) == true
            }
        }
        try await b.manager.forget(part)
        #expect(b.manager.list().isEmpty)
        await net.close()
    }
}
