import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// Workers with an instance id: over a broker's process only. The mock takes a member that comes back
/// for another one, and waits for the one that is gone.
@Suite(.timeLimit(.minutes(10))) struct MembershipTests {
    @Test func `a worker that comes back with its instance id takes its partitions back`()
        async throws
    {
        let company = try Company(try await TestBroker.shared()) {
            $0.topics.partitions = 4
            $0.kinds[Company.kind]?.handlerTimeout = 600_000
            $0.recovery.instanceID = $0.node
            // Nobody else is given them while it is away.
            $0.recovery.sessionTimeout = 120_000
            $0.recovery.trims = false
        }
        let runs = Probe<[SeenRun]>([])
        let letGo = Probe(false)
        @Sendable func worker(_ name: String, life: String) async throws -> RecoveryWorker {
            try await company.worker(name) { session in
                runs.update { $0.append(SeenRun(session, on: life)) }
                if session.records == [[1]] {
                    try await letGo.wait("to be let go", seconds: 120) { $0 }
                }
                return .complete
            }
        }
        let node = try await company.node()
        let first = try await worker("a", life: "a")
        let second = try await worker("b", life: "b")
        try await eventually("each has its share", seconds: 120) {
            [first, second].allSatisfy { worker in
                let owned = worker.operations.partitions()
                return owned.count == 2 && owned.allSatisfy { $0.stage == "owning" }
            }
        }
        let shares = [first, second].map { Set($0.operations.partitions().map(\.partition)) }
        await first.close()

        // Of both shares: the second goes on with its own, the others wait.
        let ids = try await company.abandon(16, record: [1], on: node)
        try await eventually("Kafka has them", seconds: 60, every: .milliseconds(250)) {
            try await company.fold().reduce(0) { $0 + $1.alive.total } == ids.count
        }
        let mine = try await company.fold().flatMap { table in
            table.sessions.values.filter { shares[1].contains(Int32($0.partition)) }.map(\.id)
        }
        try await runs.wait("the second's runs", seconds: 60) { $0.count == mine.count }
        let again = try await worker("a", life: "a again")
        try await runs.wait("the others' runs", seconds: 60) { $0.count == ids.count }
        #expect(Set(again.operations.partitions().map(\.partition)) == shares[0])
        #expect(Set(second.operations.partitions().map(\.partition)) == shares[1])
        #expect(second.operations.partitions().allSatisfy { $0.stage == "owning" })
        #expect(second.operations.running == mine.count, "nobody disturbed it")
        letGo.update { $0 = true }
        try await company.settled(completed: ids.count)
        let seen = runs.read { $0 }
        #expect(seen.allSatisfy { $0.worker == (mine.contains($0.id) ? "b" : "a again") })
        #expect(seen.count == ids.count)
        await second.close()
        await again.close()
        await node.close()
    }
}
