import Coordination
import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions

/// A part that has nothing to commit still waits for the decision where something in its process
/// follows it.
@Suite(.timeLimit(.minutes(5))) struct AwaitedOutcomeTests {
    enum Follower: CaseIterable, Sendable { case action, collector, synchronization }

    private func add(
        _ follower: Follower, to part: Transaction, _ seen: Probe<[String]>
    ) throws {
        switch follower {
        case .action:
            try part.afterCommit { seen.update { $0.append("committed") } }
            try part.afterRollback { seen.update { $0.append("rolledBack") } }
        case .collector:
            let collector = Collector<Int>.list("numbers", .afterCommit) { _ in
                seen.update { $0.append("committed") }
            }
            try part.collect(1, into: collector)
        case .synchronization:
            try part.add(
                TransactionSynchronization(afterCompletion: { status in
                    seen.update { $0.append(status.rawValue) }
                }))
        }
    }

    private func work(
        _ net: Net, _ transaction: Transaction, _ follower: Follower, reads: Bool,
        _ seen: Probe<[String]>
    ) async throws {
        try await transaction.enlist(net["a"]).write("k", "new")
        try await net.call("b", from: "a", in: transaction) { part in
            if reads { _ = try await part.enlist(net["b"]).read("k") }
            try add(follower, to: part, seen)
        }
    }

    @Test(arguments: Follower.allCases, [false, true])
    func `nothing follows a commit that is not decided`(
        follower: Follower, reads: Bool
    ) async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        let seen = Probe<[String]>([])
        // Both are asked for their votes, and this one refuses.
        net["a"].inject(.fails, on: .prepare)
        await expectCode(.transactionRolledBack) {
            try await a.manager.run {
                try await work(net, $0, follower, reads: reads, seen)
            }
        }
        try await b.finished()
        #expect(net.count(.prepare, to: "b") == 1)
        #expect(net.count(.rollBack, to: "b") == 1)
        if follower != .collector {
            try await seen.wait("what follows the rollback", seconds: 60) { !$0.isEmpty }
        }
        let expected: [String] = follower == .collector ? [] : ["rolledBack"]
        #expect(seen.read { $0 } == expected)
        await net.close()
    }

    @Test(arguments: Follower.allCases, [false, true])
    func `it follows the commit that is decided`(follower: Follower, reads: Bool) async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b")
        let seen = Probe<[String]>([])
        let atCommit = Probe<Int?>(nil)
        net.inject(
            .meanwhile {
                let count = seen.read { $0.count }
                atCommit.update { $0 = count }
            }, on: .commit, to: "b")
        try await a.manager.run { try await work(net, $0, follower, reads: reads, seen) }
        try await seen.wait("what follows the commit", seconds: 60) { !$0.isEmpty }
        #expect(atCommit.read { $0 } == 0)
        #expect(seen.read { $0 } == ["committed"])
        try await a.finished()
        try await b.finished()
        await net.close()
    }

    @Test func `a part that votes read-only announces no outcome`() async throws {
        let net = Net()
        let a = try net.start("a", calling: ["b"])
        let b = try net.start("b") { $0.mirrored = { _, _ in } }
        let before = b.appended
        try await a.manager.run { transaction in
            try await transaction.enlist(net["a"]).write("k", "new")
            try await net.call("b", from: "a", in: transaction) { part in
                _ = try await part.enlist(net["b"]).read("k")
            }
        }
        #expect(net.count(.prepare, to: "b") == 1 && net.count(.commit, to: "b") == 0)
        try await b.finished()
        #expect(b.appended == before)
        await net.close()
    }
}
