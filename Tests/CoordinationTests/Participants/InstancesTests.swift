import Coordination
import Journal
import Logging
import Model
import RepriseTestKit
import Sessions
import TestSupport
import Testing
import Transactions

/// Several processes answer at a participant's address: only the one that has the part can say that it is
/// committed.
@Suite(.timeLimit(.minutes(5))) struct InstancesTests {
    /// a has decided with a part in b, and nothing has told b. With c, which knows nothing of it.
    private func decided(
        patience: Milliseconds = 3_600_000,
        _ change: @escaping (inout Rig.Setting) -> Void = { _ in }
    ) async throws -> (net: Net, id: TransactionID) {
        let net = Net(patience: patience)
        let a = try net.start("a", calling: ["b"], change)
        try net.start("b")
        try net.start("c")
        net["c"]["k"] = "new"
        net.inject(.strays("c"), on: .commit, to: "b", times: 100_000)
        let transaction = try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.write("b", from: "a", in: transaction)
            return transaction
        }
        #expect(transaction.report == .committed(pending: ["to-b"]))
        return (net, transaction.id)
    }

    @Test func `a commit that comes to another instance is refused, and repeated`() async throws {
        // Impatient: b asks, and must not hear that the decision is forgotten.
        let (net, _) = try await decided(patience: Net.impatience)
        let (a, b) = (try #require(net.rig("a")), try #require(net.rig("b")))
        try await b.finished()
        #expect(net.values == ["new"])
        net.clearFaults()
        try await a.finished()
        await net.close()
    }

    @Test func `nor is it forgotten while nobody asks`() async throws {
        let (net, id) = try await decided()
        let a = try #require(net.rig("a"))
        try await eventually("it was tried often", seconds: 120) {
            net.count(.commit, to: "b") > 4
        }
        let view = try #require(a.manager.list().first { $0.id == id })
        #expect(view.branches.last?.trouble?.code == .transactionNotFound)
        #expect(net["b"]["k"] == "old" && net["b"].prepared.count == 1)
        net.clearFaults()
        try await a.finished()
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `the next process of the coordinator knows which instance it is`() async throws {
        let (net, _) = try await decided()
        let a = try await net.restart("a", calling: ["b"])
        let before = net.count(.commit, to: "b")
        a.recovery.start()
        try await eventually("it was tried often", seconds: 120) {
            net.count(.commit, to: "b") > before + 4
        }
        #expect(net["b"]["k"] == "old" && net["b"].prepared.count == 1)
        net.clearFaults()
        try await a.finished()
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `the next process of the participant is the same instance`() async throws {
        let (net, _) = try await decided()
        try await net.restart("b").recovery.start()
        net.clearFaults()
        try await #require(net.rig("a")).finished()
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `who takes the decision over is told which instance it is`() async throws {
        let (net, id) = try await decided { $0.mirrored = { _, _ in } }
        let a = try #require(net.rig("a"))
        let session = try #require(a.journal.session(id.finishSession))
        let list = try #require(session.records.first.flatMap { CommitList(decoding: $0) })
        #expect(list.branches[0].part == nil)
        #expect(list.branches[1].part?.journal == net.rig("b")?.identity)
        let registry = ResourceRegistry()
        try registry.register(net["a"])
        try registry.register(try net.link("b", from: "a"))
        let takeover = Takeover(
            resources: registry,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        guard case .pending = await takeover.commit(list) else {
            Issue.record("Another instance said that it is committed.")
            return await net.close()
        }
        net.clearFaults()
        #expect(await takeover.commit(list) == .committed)
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `an instance that reaches the same store commits what another has prepared there`()
        async throws
    {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        try net.start("c", extra: [net["b"]])
        net["c"]["k"] = "new"
        net.inject(.strays("c"), on: .commit, to: "b", times: 100_000)
        let done = try await a.manager.run { transaction in
            // Another transaction of b's, which nobody has decided: it must stay as it is.
            let other = try await net["b"].begin(
                Xid(journal: b.identity, transaction: transaction.id, number: 1), readOnly: false)
            try await other.write("other", "undecided")
            _ = try await other.prepare()
            try await transaction.enlist(net["a"]).write("k", "new")
            return try await net.call("b", from: "a", in: transaction) { part in
                try await part.enlist(net["b"]).write("k", "new")
                _ = try await part.afterRollback(Rig.kind, Array("undone".utf8))
                return try part.afterCommit(Rig.kind, Array("done".utf8))
            }
        }
        // b is gone, and its data is there.
        net.isolate("b")
        try await eventually("the branch is committed", seconds: 60) { net["b"]["k"] == "new" }
        #expect(net["b"]["other"] == nil && net["b"].prepared.count == 1)
        // The decision is kept for b's own journal.
        #expect(a.manager.list().count == 1)
        let next = try await net.restart("b")
        net.heal("b")
        net.clearFaults()
        next.recovery.start()
        try await a.finished()
        try await next.finished()
        #expect(next.sessions == 1 && next.records(done) == [Array("done".utf8)])
        await net.close()
    }

    @Test func `a prepare that comes to another instance rolls back`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        try net.start("c")
        net.inject(.strays("c"), on: .prepare, to: "b")
        await expectCode(.transactionRolledBack) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.write("b", from: "a", in: transaction)
            }
        }
        try await b.finished()
        #expect(net.values == ["old"])
        await net.close()
    }

    @Test func `a rollback that comes to another instance is heard by asking`() async throws {
        let net = Net(patience: Net.impatience)
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        try net.start("c")
        // Prepared, and the answer is lost: what follows is a rollback, which strays.
        net.inject(.losesAnswer, on: .prepare, to: "b")
        net.inject(.strays("c"), on: .rollBack, to: "b", times: 100_000)
        await expectCode(.transactionRolledBack) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.write("b", from: "a", in: transaction)
            }
        }
        try await b.finished()
        #expect(net.values == ["old"] && net.preparedBranches == 0)
        await net.close()
    }

    @Test func `a coordinator that names no journal is served as before`() async throws {
        let (net, _) = try await decided()
        let b = try #require(net.rig("b"))
        let xid = try #require(b.manager.participants.prepared().first)
        try await b.manager.participants.commit(xid, part: nil)
        #expect(net["b"]["k"] == "new")
        // Again, and by a coordinator that does name it.
        var part = RemotePart(
            journal: b.identity, transaction: try #require(xid.own).transaction)
        try await b.manager.participants.commit(xid, part: part)
        part.journal ^= 1
        await expectCode(.transactionNotFound) {
            try await b.manager.participants.commit(xid, part: part)
        }
        await net.close()
    }
}
