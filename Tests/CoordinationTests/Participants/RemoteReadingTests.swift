import Coordination
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions

/// Read-only calls and transactions over several processes.
@Suite(.timeLimit(.minutes(5))) struct RemoteReadingTests {
    private static let key = ContextKey<String>("seen")

    @Test func `a read-only part is kept between calls, then let go without a vote`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        try await a.manager.run(readOnly: true) { transaction in
            try await net.call("b", from: "a", in: transaction) { part in
                #expect(part.isReadOnly)
                part[Self.key] = try await part.enlist(net["b"]).read("k")
            }
            let seen = try await net.call("b", from: "a", in: transaction) { $0[Self.key] }
            #expect(seen == "old")
        }
        try await b.finished()
        try await eventually("the end has come", seconds: 60) { net.count(.end, to: "b") == 1 }
        #expect(net.diary.read { $0 } == ["request b", "request b", "end b"])
        #expect(net["b"].openBranches == 0)
        await net.close()
    }

    @Test func `a call that does nothing leaves no part behind`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        for readOnly in [true, false] {
            try await a.manager.run(readOnly: readOnly) { transaction in
                try await net.call("b", from: "a", in: transaction) { _ in }
                #expect(b.manager.list().isEmpty)
            }
        }
        #expect(net.diary.read { $0 } == ["request b", "request b"])
        await net.close()
    }

    @Test func `a call that reads, then one that writes`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        try net.start("b")
        try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await a.manager.run(readOnly: true) { transaction in
                try await net.call("b", from: "a", in: transaction) { part in
                    #expect(TransactionManager.isReadOnly)
                    let seen = try await part.enlist(net["b"]).read("k")
                    #expect(seen == "old")
                    await expectCode(.transactionReadOnly) {
                        _ = try part.afterCommit(Rig.kind, [1])
                    }
                }
            }
            try await net.write("b", from: "a", in: transaction)
        }
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `a part that only read votes read-only, and is left alone`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b", "c"])
        let b = try net.start("b")
        try net.start("c")
        let before = b.appended
        try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.call("b", from: "a", in: transaction) { part in
                _ = try await part.enlist(net["b"]).read("k")
            }
            try await net.write("c", from: "a", in: transaction)
        }
        #expect(net.count(.prepare, to: "b") == 1)
        #expect(net.count(.commit, to: "b") == 0)
        #expect(net.count(.rollBack, to: "b") == 0)
        #expect(net["c"]["k"] == "new")
        #expect(b.appended == before)
        await net.close()
    }

    @Test func `a read-only root tells each participant once that it is over`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b", "c"])
        try net.start("b")
        try net.start("c")
        try await a.manager.run(readOnly: true) { transaction in
            for name in ["b", "c"] {
                try await net.call(name, from: "a", in: transaction) { part in
                    _ = try await part.enlist(net[name]).read("k")
                    await expectCode(.transactionReadOnly) {
                        try await part.enlist(net[name]).write("k", "new")
                    }
                }
            }
        }
        for name in ["b", "c"] {
            try await eventually("the end has come", seconds: 60) {
                net.count(.end, to: name) == 1 && net[name].openBranches == 0
            }
            #expect(net.count(.prepare, to: name) == 0)
            #expect(net.count(.commitOnePhase, to: name) == 0)
        }
        await net.close()
    }
}
