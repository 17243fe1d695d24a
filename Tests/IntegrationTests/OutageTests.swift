import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// A worker whose brokers go away or answer with errors.
@Suite(.timeLimit(.minutes(10))) struct OutageTests {
    typealias Runs = Probe<[SeenRun]>

    private static let held: [UInt8] = [1]

    @Test func `brokers go down and come up in a run: its result counts once, the rest is done`()
        async throws
    {
        let cluster = try MockCluster(brokers: 3)
        defer { cluster.close() }
        let company = try Company(cluster) { $0.kinds[Company.kind]?.handlerTimeout = 600_000 }
        let runs = Runs([])
        let letGo = Probe(false)
        let node = try await company.node()
        let worker = try await company.worker { session in
            runs.update { $0.append(SeenRun(session, on: "a")) }
            if session.records == [Self.held] {
                try await letGo.wait("to be let go", seconds: 120) { $0 }
            }
            return .complete
        }
        try await company.abandon(4, record: Self.held, on: node)
        try await runs.wait("the runs", seconds: 60) { $0.count == 4 }
        for broker: Int32 in 1...3 { try cluster.setDown(broker) }
        try await company.abandon(8, record: [2], on: node)
        letGo.update { $0 = true }
        try await eventually("the handlers are done", seconds: 60) {
            worker.operations.running == 0
        }
        #expect(runs.read { $0.count } == 4, "Kafka has not heard of the others")
        for broker: Int32 in 1...3 { try cluster.setUp(broker) }
        try await company.settled(completed: 12)
        let seen = runs.read { $0 }
        #expect(seen.count == 12, "\(seen)")
        #expect(seen.allSatisfy { $0.attempt == 1 })
        await worker.close()
        await node.close()
    }

    @Test func `a broker frozen until the group lets the worker go: it comes back and goes on`()
        async throws
    {
        let broker = try await TestBroker.start()
        guard broker.isOwn else { return }
        defer { broker.stop() }
        let company = try Company(broker) {
            $0.kinds[Company.kind]?.handlerTimeout = 8_000
            $0.recovery.trims = false
        }
        let runs = Runs([])
        let letGo = Probe(false)
        let node = try await company.node()
        let worker = try await company.worker { session in
            runs.update { $0.append(SeenRun(session, on: "a")) }
            // Deaf to its cancellation.
            if session.attempt == 1, session.records == [Self.held] {
                _ = await Task { try? await letGo.wait("to be let go", seconds: 150) { $0 } }.value
            }
            return .complete
        }
        let ids = try await company.abandon(2, record: Self.held, on: node)
        try await runs.wait("the runs", seconds: 60) { $0.count == 2 }
        broker.pause()
        try await company.abandon(4, record: [2], on: node)
        try await eventually("the worker knows that its partitions are gone", seconds: 90) {
            worker.operations.partitions().isEmpty
        }
        broker.resume()
        // Not always the second: a claim that was under way counts, though nobody acts on it any more.
        try await runs.wait("later attempts", seconds: 90) { seen in
            Set(seen.filter { $0.attempt > 1 }.map(\.id)).isSuperset(of: ids)
        }
        letGo.update { $0 = true }
        try await company.settled(completed: 6)
        let status = worker.operations.partitions()
        #expect(status.count == 2)
        #expect(status.allSatisfy { $0.conservationDifference == 0 })
        await worker.close()
        await node.close()
    }

    @Test(arguments: [
        MockCluster.Failure.notLeader, .requestTimedOut, .offsetOutOfRange,
        .topicAuthorizationFailed,
    ])
    func `fetches that fail delay and lose nothing, and nothing runs twice`(
        failure: MockCluster.Failure
    ) async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster) { $0.kinds[Company.kind]?.handlerTimeout = 600_000 }
        let runs = Runs([])
        let node = try await company.node()
        let worker = try await company.worker { session in
            runs.update { $0.append(SeenRun(session, on: "a")) }
            return .complete
        }
        for round in 1...3 {
            try await company.abandon(3, record: [UInt8(round)], on: node)
            try cluster.push([failure, failure], to: .fetch)
            try await runs.wait("round \(round)", seconds: 90) {
                Set($0.map(\.id)).count == 3 * round
            }
        }
        try cluster.clearFailures(of: .fetch)
        try await company.settled(completed: 9)
        let seen = runs.read { $0 }
        #expect(seen.count == 9, "\(seen)")
        await worker.close()
        await node.close()
    }
}
