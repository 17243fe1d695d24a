import Coordination
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions

/// A part that has not voted is free to give up; it asks before it does.
@Suite(.timeLimit(.minutes(5))) struct IdleTests {
    private struct Failure: Error {}

    @Test func `nobody comes for it: it asks, and rolls back`() async throws {
        let net = Net(patience: Net.impatience)
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        // The rollback never arrives.
        net.inject(.loses, on: .rollBack, to: "b", times: 1_000)
        await #expect(throws: Failure.self) {
            try await a.manager.run { transaction in
                try await net.write("b", from: "a", in: transaction)
                throw Failure()
            }
        }
        try await eventually("b has let go", seconds: 60) {
            net["b"].openBranches == 0 && b.manager.list().isEmpty
        }
        #expect(net.count(.ask, to: "a") > 0)
        #expect(net["b"]["k"] == "old")
        await net.close()
    }

    @Test func `it stays while the coordinator is at work`() async throws {
        let net = Net(patience: Net.impatience)
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.write("b", from: "a", in: transaction)
            try await eventually("b has asked more than once", seconds: 60) {
                net.count(.ask, to: "a") > 2
            }
        }
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `its time is up and the coordinator cannot be asked: it rolls back`() async throws {
        let net = Net(patience: Net.impatience)
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        await expectCode(.transactionRolledBack) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.write("b", from: "a", in: transaction)
                net.isolate("a")
                b.clock.advance(by: 3_600_000)
                try await eventually("b has let go", seconds: 60) {
                    net["b"].openBranches == 0 && b.manager.list().isEmpty
                }
                net.heal("a")
            }
        }
        #expect(net.values == ["old"])
        await net.close()
    }

    @Test func `work that a participant lost does not pass for work that is there`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        await expectCode(.transactionNotFound) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.write("b", from: "a", in: transaction)
                try await net.restart("b")
                try await net.write("b", from: "a", in: transaction)
            }
        }
        #expect(net.values == ["old"])
        // Nor is it prepared when nothing more is asked of it.
        await expectCode(.transactionRolledBack) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.write("b", from: "a", in: transaction)
                try await net.restart("b")
            }
        }
        #expect(net.values == ["old"])
        await net.close()
    }

    @Test func `a part whose request is still at work does not vote`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        let isThere = Probe(false)
        let mayGo = Probe(false)
        await expectCode(.transactionRolledBack) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.write("b", from: "a", in: transaction)
                Task {
                    try await net.call("b", from: "a", in: transaction) { _ in
                        isThere.update { $0 = true }
                        try await mayGo.wait("leave to go", seconds: 120) { $0 }
                    }
                }
                try await isThere.wait("the request", seconds: 60) { $0 }
            }
        }
        #expect(net.values == ["old"])
        #expect(net["b"].openBranches == 1)
        mayGo.update { $0 = true }
        try await b.finished()
        #expect(net["b"].openBranches == 0)
        await net.close()
    }

    @Test func `who is not known may not have work done`() async throws {
        let net = Net()
        let b = try net.start("b")
        let context = TransactionContext(
            xid: Xid(
                journal: 1, transaction: TransactionID(uuid: SessionID(high: 1, low: 2)), number: 1),
            mode: .writing, timeLeft: 1_000, address: "http://elsewhere")
        await expectCode(.unauthorized) {
            _ = try await b.manager.participants.run(context) { _ in }
        }
        await net.close()
    }

    @Test func `parts have a limit`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b") { $0.options.maxParticipants = 1 }
        await expectCode(.tooLarge) {
            try await a.manager.run { first in
                try await net.write("b", from: "a", in: first)
                try await a.manager.runNew { try await net.write("b", from: "a", in: $0) }
            }
        }
        await net.close()
    }

    @Test func `verbs on what is not known succeed, but for those that vote`() async throws {
        let net = Net()
        let b = try net.start("b")
        let xid = Xid(
            journal: 1, transaction: TransactionID(uuid: SessionID(high: 1, low: 2)), number: 1)
        let participants = b.manager.participants
        try await participants.commit(xid, part: nil)
        try await participants.commit(
            xid,
            part: RemotePart(
                journal: b.identity, transaction: TransactionID(uuid: SessionID(high: 3, low: 4))))
        try await participants.rollBack(xid)
        await participants.end(xid)
        await expectCode(.transactionNotFound) {
            _ = try await participants.prepare(xid, part: nil)
        }
        await expectCode(.transactionNotFound) {
            try await participants.commitOnePhase(xid, part: nil)
        }
        await expectCode(.transactionNotFound) { _ = try participants.status(xid) }
        #expect(participants.prepared().isEmpty)
        await net.close()
    }
}
