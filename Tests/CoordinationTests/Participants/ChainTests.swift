import Coordination
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions

/// A chain a → b → c is one transaction, whoever dies in it.
@Suite(.timeLimit(.minutes(5))) struct ChainTests {
    private func start(patience: Milliseconds = 3_600_000) throws -> Net {
        let net = Net(patience: patience)
        try net.start("a", calling: ["b"])
        try net.start("b", calling: ["c"])
        try net.start("c")
        return net
    }

    private func work(_ net: Net, _ transaction: Transaction) async throws {
        try await transaction.enlist(net["a"]).write("k", "new")
        try await net.call("b", from: "a", in: transaction) { part in
            try await part.enlist(net["b"]).write("k", "new")
            try await net.write("c", from: "b", in: part)
        }
    }

    private func everybodyEnds(_ net: Net) async throws {
        try await eventually("everybody has ended", seconds: 120) {
            for name in ["a", "b", "c"] {
                await net.rig(name)?.recovery.round()
                guard net.rig(name)?.manager.list().isEmpty == true else { return false }
            }
            return net.preparedBranches == 0
        }
    }

    @Test func `three processes commit together`() async throws {
        let net = try start()
        try await net.rig("a")?.manager.run { try await work(net, $0) }
        #expect(net.values == ["new"])
        try await everybodyEnds(net)
        await net.close()
    }

    @Test(arguments: ["b", "c"])
    func `a failed prepare anywhere rolls all three back`(name: String) async throws {
        let net = try start()
        net[name].inject(.fails, on: .prepare)
        await expectCode(.transactionRolledBack) {
            try await net.rig("a")?.manager.run { try await work(net, $0) }
        }
        try await everybodyEnds(net)
        #expect(net.values == ["old"])
        await net.close()
    }

    @Test(arguments: ["b", "c"])
    func `one that is killed after the vote obeys after its restart`(name: String) async throws {
        let net = try start()
        net.inject(
            .meanwhile { try await net.restart(name, calling: name == "b" ? ["c"] : []) },
            on: .commit, to: name)
        try await net.rig("a")?.manager.run { try await work(net, $0) }
        try await everybodyEnds(net)
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `the root is killed after its decision: all commit, asked or told`() async throws {
        let net = try start(patience: Net.impatience)
        net.inject(.loses, on: .commit, to: "b", times: 1_000)
        try await net.rig("a")?.manager.run { try await work(net, $0) }
        try await net.restart("a", calling: ["b"])
        // No verb comes through: they have to ask.
        try await eventually("all have committed", seconds: 120) { net.values == ["new"] }
        net.clearFaults()
        try await everybodyEnds(net)
        #expect(net.values == ["new"])
        await net.close()
    }

    @Test func `the root is killed before its decision: all roll back`() async throws {
        let net = try start(patience: Net.impatience)
        let a = try #require(net.rig("a"))
        // The last branch never votes; the others wait.
        net["a"].pause(.prepare)
        let running = Task { try await a.manager.run { try await work(net, $0) } }
        try await eventually("b and c have voted", seconds: 120) {
            net["b"].prepared.count == 1 && net["c"].prepared.count == 1
                && net.rig("b")?.manager.participants.prepared().count == 1
        }
        net.isolate("a")
        net["a"].inject(.fails, on: .prepare, times: 10)
        net["a"].resume(.prepare)
        try await net.restart("a", calling: ["b"])
        net.heal("a")
        net["a"].clearFaults()
        _ = await running.result
        try await everybodyEnds(net)
        #expect(net.values == ["old"])
        await net.close()
    }
}
