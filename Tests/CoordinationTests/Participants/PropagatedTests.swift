import Coordination
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions

/// TRANSACTIONS.md, section 7: work in other processes belongs to the caller's transaction.
@Suite(.timeLimit(.minutes(5))) struct PropagatedTests {
    private struct Failure: Error {}

    @Test func `both processes prepare before either commits, and both commit`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        let part = try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.write("b", from: "a", in: transaction)
            #expect(net["b"]["k"] == "old")
            return try await net.call("b", from: "a", in: transaction) { $0.id }
        }
        #expect(net.values == ["new"])
        #expect(net.diary.read { $0 } == ["request b", "request b", "prepare b", "commit b"])
        try await a.finished()
        try await b.finished()
        await expectCode(.transactionNotFound) { _ = try b.manager.show(part) }
        await net.close()
    }

    @Test func `the only participant commits in one phase, and nothing is written here`()
        async throws
    {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        let before = a.appended
        try await a.manager.run { try await net.write("b", from: "a", in: $0) }
        #expect(net.values == ["old", "new"])
        #expect(net["b"]["k"] == "new")
        #expect(a.appended == before)
        #expect(net.diary.read { $0 } == ["request b", "commitOnePhase b"])
        await net.close()
    }

    @Test func `one participant with durable work beside it is prepared`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        let session = try await a.manager.run { transaction in
            try await net.write("b", from: "a", in: transaction)
            return try transaction.afterCommit(Rig.kind, [1])
        }
        #expect(a.records(session) != nil)
        #expect(net.count(.prepare, to: "b") == 1)
        #expect(net.count(.commit, to: "b") == 1)
        #expect(net["b"]["k"] == "new")
        await net.close()
    }

    @Test func `an error of the caller rolls both back`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        await #expect(throws: Failure.self) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.write("b", from: "a", in: transaction)
                throw Failure()
            }
        }
        #expect(net.values == ["old"])
        #expect(net.count(.rollBack, to: "b") == 1)
        #expect(net.count(.prepare, to: "b") == 0)
        #expect(net["b"].openBranches == 0)
        try await b.finished()
        await net.close()
    }

    @Test func `an error of the participant rolls both back, also where the caller swallows it`()
        async throws
    {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        await expectCode(.transactionRolledBack) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try? await net.call("b", from: "a", in: transaction) { part in
                    try await part.enlist(net["b"]).write("k", "new")
                    throw Failure()
                }
            }
        }
        #expect(net.values == ["old"])
        await net.close()
    }

    @Test func `a participant that cannot prepare rolls everybody back`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        net["b"].inject(.fails, on: .prepare)
        await expectCode(.transactionRolledBack) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.call("b", from: "a", in: transaction) { part in
                    try await part.enlist(net["b"]).write("k", "new")
                    try part.afterCommit(Rig.kind, [1])
                }
            }
        }
        #expect(net.values == ["old"])
        #expect(net.preparedBranches == 0)
        #expect(net.count(.commit, to: "b") == 0)
        await net.close()
    }

    @Test func `a participant with a last resource of its own refuses to prepare`() async throws {
        let net = Net()
        let last = MemoryResource(
            "last", abilities: ResourceAbilities(prepares: false, recordsOutcome: true))
        let a = try net.start("a", calling: ["b"])
        try net.start("b", extra: [last])
        let write: @Sendable (Transaction) async throws -> Void = { transaction in
            try await net.call("b", from: "a", in: transaction) { part in
                try await part.enlist(last).write("k", "new")
            }
        }
        await expectCode(.transactionRolledBack) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await write(transaction)
            }
        }
        #expect(last["k"] == nil)
        // Alone it decides by itself.
        try await a.manager.run { try await write($0) }
        #expect(last["k"] == "new")
        await net.close()
    }

    @Test func `a lost answer to the commit is made good, and the caller hears committed`()
        async throws
    {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        net.inject(.losesAnswer, on: .commit, to: "b", times: 2)
        net.inject(.loses, on: .commit, to: "b")
        let transaction = try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.write("b", from: "a", in: transaction)
            return transaction
        }
        #expect(transaction.report == .committed(pending: ["to-b"]))
        try await a.finished()
        #expect(net.values == ["new"])
        #expect(net.count(.commit, to: "b") == 3)
        #expect(net.count(.rollBack, to: "b") == 0)
        await net.close()
    }

    @Test(arguments: [Net.Verb.request, .prepare])
    func `a lost answer before the decision rolls everybody back`(verb: Net.Verb) async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        net.inject(.losesAnswer, on: verb, to: "b")
        await #expect(throws: (any Error).self) {
            try await a.manager.run { transaction in
                try await transaction.enlist(net["a"]).write("k", "new")
                try await net.write("b", from: "a", in: transaction)
            }
        }
        try await a.finished()
        try await b.finished()
        #expect(net.values == ["old"])
        #expect(net.preparedBranches == 0)
        #expect(net["b"].openBranches == 0)
        await net.close()
    }

    @Test func `a lost answer to a commit in one phase leaves the caller in doubt`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        net.inject(.losesAnswer, on: .commitOnePhase, to: "b")
        await expectCode(.transactionInDoubt) {
            try await a.manager.run { try await net.write("b", from: "a", in: $0) }
        }
        await net.close()
    }

    @Test func `durable work of a participant exists exactly with the commit`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        let made = Probe<[SessionID]>([])
        let work: @Sendable (Transaction) async throws -> Void = { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.call("b", from: "a", in: transaction) { part in
                let after = try part.afterCommit(Rig.kind, [1])
                let undo = try await part.afterRollback(Rig.kind, [2])
                made.update { $0 = [after, undo] }
            }
        }
        try await a.manager.run { transaction in
            try await work(transaction)
            #expect(b.sessions == 0)
        }
        #expect(b.records(made.read { $0[0] }) != nil)
        #expect(b.records(made.read { $0[1] }) == nil)
        await #expect(throws: Failure.self) {
            try await a.manager.run { transaction in
                try await work(transaction)
                throw Failure()
            }
        }
        #expect(b.records(made.read { $0[0] }) == nil)
        #expect(b.records(made.read { $0[1] }) != nil)
        await net.close()
    }

    @Test func `actions around the end run in the participant, before commit inside of the part`()
        async throws
    {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        let seen = Probe<[String]>([])
        try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.call("b", from: "a", in: transaction) { part in
                try part.beforeCommit {
                    seen.update { $0.append("before") }
                    try await TransactionManager.required().enlist(net["b"]).write("k", "new")
                }
                try part.afterCommit { seen.update { $0.append("after") } }
                try part.afterRollback { seen.update { $0.append("undone") } }
            }
        }
        try await seen.wait("the action after the commit", seconds: 60) { $0.count == 2 }
        #expect(seen.read { $0 } == ["before", "after"])
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `a participant forces two writes, the prepared record and the decision`()
        async throws
    {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        try await a.settled()
        let before = try await b.settled()
        let atCommit = Probe(0)
        net.inject(
            .meanwhile { atCommit.update { $0 = b.files.calls(of: .datasync) } }, on: .commit,
            to: "b")
        try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.write("b", from: "a", in: transaction)
        }
        #expect(atCommit.read { $0 } == before + 1)
        #expect(b.files.calls(of: .datasync) == before + 2)
        await net.close()
    }
}
