import Foundation
import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// Worker processes that are killed with SIGKILL in a run, over real processes.
@Suite(.timeLimit(.minutes(5)), .serialized) struct KilledWorkerTests {
    /// Where a handler of two steps is killed.
    enum Point: String, Sendable, CaseIterable, Codable {
        case beforeTheRecord, betweenTheSteps, beforeTheOutcome
    }

    /// Does step 1, writes it down through the run's token, does step 2. What is written down is not
    /// done again.
    @Sendable private static func twoSteps(
        _ session: RecoverySession, _ name: String, _ effects: Effects, dyingAt point: Point?
    ) async throws -> HandlerOutcome {
        func mayDie(_ here: Point) {
            if point == here { kill(getpid(), SIGKILL) }
        }
        if session.records.count == 1 {
            effects.add("step 1 by \(name)")
            mayDie(.beforeTheRecord)
            try await session.append([2])
        }
        mayDie(.betweenTheSteps)
        effects.add("step 2 by \(name)")
        mayDie(.beforeTheOutcome)
        return .complete
    }

    /// Short enough to wait for, long enough for a step on a busy machine.
    @Sendable private static func change(_ configuration: inout RepriseConfiguration) {
        configuration.kinds[Company.kind]?.handlerTimeout = 15_000
        configuration.kinds[Company.kind]?.retry.maxAttempts = 3
    }

    @Test(arguments: Point.allCases)
    func `the next attempt sees what the killed one wrote down, and does only the rest`(
        point: Point
    ) async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster, change: Self.change)
        let effects = Effects(path: "\(company.directory.path)/effects")
        let node = try await company.node()
        let ids = try await company.abandon(record: [1], on: node)
        let (brokers, path) = (company.kafka.brokers, effects.path)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [brokers = brokers as [String], path = path as String, point = point as Point] in
            let company = try Company(brokers: brokers, change: Self.change)
            let worker = try await company.patientWorker("victim") { session in
                try await Self.twoSteps(
                    session, "the victim", Effects(path: path), dyingAt: point)
            }
            try await Probe(false).wait("the end", seconds: 120) { $0 }
            await worker.close()
        }
        let runs = Probe<[SeenRun]>([])
        let heir = try await company.worker("heir") { session in
            runs.update { $0.append(SeenRun(session, on: "heir")) }
            return try await Self.twoSteps(session, "the heir", effects, dyingAt: nil)
        }
        try await company.settled(completed: 1)
        let seen = runs.read { $0 }
        #expect(seen.map(\.id) == ids)
        #expect(seen.map(\.attempt) == [2])
        #expect(seen.first?.records == (point == .beforeTheRecord ? [[1]] : [[1], [2]]))
        let expected =
            switch point {
            case .beforeTheRecord: ["step 1 by the victim", "step 1 by the heir"]
            case .betweenTheSteps: ["step 1 by the victim"]
            case .beforeTheOutcome: ["step 1 by the victim", "step 2 by the victim"]
            }
        #expect(effects.lines == expected + ["step 2 by the heir"])
        await heir.close()
        await node.close()
    }

    private static let poison: [UInt8] = [66]

    @Test func `a session that kills its worker each time is parked, and the others are done`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster, change: Self.change)
        let effects = Effects(path: "\(company.directory.path)/effects")
        let node = try await company.node()
        let deadly = try await company.abandon(record: Self.poison, on: node)[0]
        let (brokers, path) = (company.kafka.brokers, effects.path)
        for number in UInt8(1)...3 {
            try await company.abandon(4, record: [number], on: node)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [brokers = brokers as [String], path = path as String] in
                let company = try Company(brokers: brokers, change: Self.change)
                let worker = try await company.patientWorker("victim") { session in
                    guard session.records == [Self.poison] else { return .complete }
                    Effects(path: path).add("attempt \(session.attempt)")
                    // Those that run beside it lose an attempt as well, which is not the point here.
                    try await eventually("the others are done", seconds: 60) {
                        try await company.fold().reduce(0) { $0 + $1.alive.total } == 1
                    }
                    kill(getpid(), SIGKILL)
                    return .complete
                }
                try await Probe(false).wait("the end", seconds: 120) { $0 }
                await worker.close()
            }
        }
        let runs = Probe<[SeenRun]>([])
        let heir = try await company.worker("heir") { session in
            runs.update { $0.append(SeenRun(session, on: "heir")) }
            return .complete
        }
        try await eventually("it is a dead letter", seconds: 90, every: .milliseconds(250)) {
            try await company.messages("dead-letters").count == 1
        }
        let listed = try await company.inspection.session(deadly)
        guard case .parked(let parking) = listed.phase else {
            Issue.record("not parked: \(listed.phase)")
            return
        }
        #expect(parking.reason == .attemptsExhausted)
        #expect(listed.records == [Self.poison])
        try await eventually("the others are done", seconds: 90, every: .milliseconds(250)) {
            let tables = try await company.fold()
            return tables.reduce(0) { $0 + Int($1.totals.completed) } == 12
                && tables.allSatisfy { $0.alive.total == 0 }
        }
        let tables = try await company.fold()
        #expect(tables.reduce(0) { $0 + $1.totals.deadLettered } == 1)
        #expect(tables.allSatisfy { $0.conservationDifference == 0 })
        #expect(effects.lines == ["attempt 1", "attempt 2", "attempt 3"])
        #expect(!runs.read { $0 }.contains { $0.id == deadly }, "no fourth worker")
        await heir.close()
        await node.close()
    }
}
