import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// Partitions that move between two live workers while runs are in flight there: over the mock with
/// cooperative-sticky, over a broker's process with range.
@Suite(.timeLimit(.minutes(10))) struct RebalanceTests {
    enum Place: String, Sendable, CaseIterable { case mock, process }

    private static let partitions = 4
    private static let held: [UInt8] = [1]
    private static let quick: [UInt8] = [2]

    /// A company with four partitions whose runs are never out of time: what moves a session is the
    /// group alone.
    private func company(
        _ place: Place, drain: Milliseconds = 60_000
    ) async throws -> (company: Company, cluster: MockCluster?) {
        let change: @Sendable (inout RepriseConfiguration) -> Void = {
            $0.topics.partitions = Int32(Self.partitions)
            $0.kinds[Company.kind]?.handlerTimeout = 600_000
            $0.kinds[Company.kind]?.concurrency = 64
            $0.recovery.drainTimeout = drain
            // The tests fold the whole log.
            $0.recovery.trims = false
        }
        switch place {
        case .mock:
            let cluster = try MockCluster()
            return (
                try Company(cluster, partitions: Int32(Self.partitions), change: change), cluster
            )
        case .process: return (try Company(try await TestBroker.shared(), change: change), nil)
        }
    }

    /// Two workers whose held runs wait to be let go.
    private final class Pair: Sendable {
        let company: Company
        let runs = Probe<[SeenRun]>([])
        let letGo = Probe(false)

        init(_ company: Company) { self.company = company }

        func worker(_ name: String) async throws -> RecoveryWorker {
            try await company.worker(name) { [runs, letGo] session in
                runs.update { $0.append(SeenRun(session, on: name)) }
                if session.records.first == RebalanceTests.held {
                    try await letGo.wait("to be let go", seconds: 120) { $0 }
                }
                return .complete
            }
        }
    }

    /// Every partition is owned once, and the log says that so many sessions are completed, each of
    /// which ran once.
    private func settle(
        _ workers: [RecoveryWorker], completed: Int, _ pair: Pair
    ) async throws {
        try await eventually("every partition is owned once", seconds: 120) {
            let owned = workers.flatMap { $0.operations.partitions() }
            return owned.count == Self.partitions && owned.allSatisfy { $0.stage == "owning" }
                && Set(owned.map(\.partition)).count == owned.count
        }
        try await pair.company.settled(completed: completed)
        for status in workers.flatMap({ $0.operations.partitions() }) {
            #expect(status.conservationDifference == 0)
        }
        let seen = pair.runs.read { $0 }
        #expect(seen.count == completed, "each ran once: \(seen)")
        #expect(Set(seen.map(\.id)).count == completed)
        #expect(seen.allSatisfy { $0.attempt == 1 })
    }

    @Test(arguments: Place.allCases)
    func `a second worker joins while runs are in flight: each result counts once`(
        place: Place
    ) async throws {
        let (company, cluster) = try await company(place)
        defer { cluster?.close() }
        let pair = Pair(company)
        let node = try await company.node()
        let first = try await pair.worker("a")
        try await company.abandon(12, record: Self.held, on: node)
        try await pair.runs.wait("the held runs", seconds: 60) { $0.count == 12 }
        let second = try await pair.worker("b")
        try await eventually("partitions are on their way from a worker in its runs", seconds: 90) {
            first.operations.partitions().contains { $0.stage == "leaving" }
        }
        #expect(first.operations.running == 12)
        try await company.abandon(12, record: Self.quick, on: node)
        pair.letGo.update { $0 = true }
        try await settle([first, second], completed: 24, pair)
        #expect(first.operations.partitions().count == 2)
        let seen = pair.runs.read { $0.filter { $0.records == [Self.held] } }
        #expect(Set(seen.map(\.worker)) == ["a"], "no run moved: \(seen)")
        await second.close()
        await first.close()
        await node.close()
    }

    /// A worker that was away too long for the group, or whose handlers take longer than the drain time.
    @Test(arguments: [true, false])
    func `a partition goes during its runs: their outcomes count all the same`(
        isLost: Bool
    ) async throws {
        let (company, cluster) = try await company(.mock, drain: 200)
        defer { cluster?.close() }
        let pair = Pair(company)
        let node = try await company.node()
        let first = try await pair.worker("a")
        try await company.abandon(12, record: Self.held, on: node)
        try await pair.runs.wait("the held runs", seconds: 60) { $0.count == 12 }
        let second = isLost ? nil : try await pair.worker("b")
        if isLost {
            let all = (0..<Self.partitions).map {
                KafkaPartition(topic: "\(company.prefix).sessions", partition: Int32($0))
            }
            first.group.handle(.lost(KafkaRebalance(id: .max, partitions: all)))
            #expect(first.operations.partitions().isEmpty)
        }
        try await eventually("the other has its share", seconds: 120) {
            second?.operations.partitions().count(where: { $0.stage == "owning" }) ?? 2 == 2
        }
        #expect(first.operations.running == 12, "they go on")
        pair.letGo.update { $0 = true }
        try await company.settled(completed: 12)
        let seen = pair.runs.read { $0 }
        #expect(seen.count == 12 && seen.allSatisfy { $0.attempt == 1 && $0.worker == "a" })
        await second?.close()
        await first.close()
        await node.close()
    }

    /// Claims are on their way at every moment at which partitions move, and a claim that nobody gives back
    /// would keep its session for ten minutes.
    @Test(arguments: Place.allCases)
    func `workers come and go under a steady stream: no claim stays behind`(
        place: Place
    ) async throws {
        let (company, cluster) = try await company(place)
        defer { cluster?.close() }
        let pair = Pair(company)
        let node = try await company.node()
        let first = try await pair.worker("a")
        let isOver = Probe(false)
        let stream = Task {
            var opened = 0
            while !isOver.read({ $0 }) {
                try await company.abandon(4, record: Self.quick, on: node)
                opened += 4
                // A stream, not a flood: the mock keeps only so much.
                try await Task.sleep(for: .milliseconds(20))
            }
            return opened
        }
        for _ in 0..<2 {
            let second = try await pair.worker("b")
            try await eventually("it has its share", seconds: 120) {
                let owned = second.operations.partitions()
                return owned.count == 2 && owned.allSatisfy { $0.stage == "owning" }
            }
            await second.close()
        }
        isOver.update { $0 = true }
        try await settle([first], completed: try await stream.value, pair)
        await first.close()
        await node.close()
    }

    @Test(arguments: Place.allCases)
    func `one of two workers leaves while runs are in flight: each result counts once`(
        place: Place
    ) async throws {
        let (company, cluster) = try await company(place)
        defer { cluster?.close() }
        let pair = Pair(company)
        let node = try await company.node()
        let first = try await pair.worker("a")
        let second = try await pair.worker("b")
        try await eventually("each has its share", seconds: 120) {
            [first, second].allSatisfy { worker in
                let owned = worker.operations.partitions()
                return owned.count == 2 && owned.allSatisfy { $0.stage == "owning" }
            }
        }
        try await company.abandon(24, record: Self.held, on: node)
        try await pair.runs.wait("the held runs", seconds: 60) { $0.count == 24 }
        let mine = second.operations.running
        #expect(mine > 0)
        let isLeaving = Probe(false)
        let leaving = Task {
            isLeaving.update { $0 = true }
            await second.close()
        }
        try await isLeaving.wait("the second to be told") { $0 }
        try await company.abandon(12, record: Self.quick, on: node)
        pair.letGo.update { $0 = true }
        await leaving.value
        try await settle([first], completed: 36, pair)
        #expect(
            pair.runs.read { $0.filter { $0.records == [Self.held] && $0.worker == "b" }.count }
                == mine)
        await first.close()
        await node.close()
    }
}
