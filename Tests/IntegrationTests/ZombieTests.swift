import Foundation
import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// A worker that goes on with a run after another worker has been given it.
@Suite(.timeLimit(.minutes(5))) struct ZombieTests {
    typealias Runs = Probe<[SeenRun]>

    /// Late by this much, a run may be handed out again.
    @Sendable private static func change(_ configuration: inout RepriseConfiguration) {
        configuration.kinds[Company.kind]?.handlerTimeout = 8_000
        configuration.recovery.drainTimeout = 200
    }

    /// With one partition, which the zombie, when it joins again, does not take from the heir.
    @Sendable private static func single(_ configuration: inout RepriseConfiguration) {
        change(&configuration)
        configuration.topics.partitions = 1
        configuration.recovery.drainTimeout = 60_000
    }

    private static func code(
        _ body: () async throws -> Void
    ) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch let error as RepriseError {
            return error.code
        } catch {
            return .internalDefect
        }
    }

    @Test func `a worker process that was stopped: what it does when it wakes changes nothing`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster, partitions: 1, change: Self.single)
        let effects = Effects(path: "\(company.directory.path)/effects")
        let node = try await company.node()
        let id = try await company.abandon(record: [1], on: node)[0]
        let (brokers, path) = (company.kafka.brokers, effects.path)
        async let zombie: Void = {
            await #expect(processExitsWith: .success) {
                [brokers = brokers as [String], path = path as String] in
                let company = try Company(brokers: brokers, change: Self.single)
                let effects = Effects(path: path)
                let worker = try await company.patientWorker("zombie") { session in
                    effects.add("attempt \(session.attempt) in \(getpid())")
                    // Deaf to its cancellation.
                    await Task {
                        try? await eventually("the wake-up", seconds: 120, every: .milliseconds(50))
                        {
                            effects.lines.contains("wake up")
                        }
                        let code = await Self.code {
                            try await session.append([9])
                        }
                        effects.add("answer \(code?.rawValue ?? "accepted")")
                    }.value
                    return .complete
                }
                try await eventually("the end", seconds: 180) { effects.lines.contains("end") }
                await worker.close()
            }
        }()
        try await eventually("the zombie's run", seconds: 60) { effects.lines.count == 1 }
        let pid = try #require(
            effects.lines.first?.split(separator: " ").last.flatMap { Int32($0) })
        kill(pid, SIGSTOP)
        defer { kill(pid, SIGCONT) }
        let runs = Runs([])
        let mayEnd = Probe(false)
        let heir = try await company.worker("heir") { session in
            runs.update { $0.append(SeenRun(session, on: "heir")) }
            try await session.extend(by: .seconds(600))
            try await mayEnd.wait("the zombie's answer", seconds: 120) { $0 }
            try await session.append([2])
            return .complete
        }
        try await runs.wait("the heir's run", seconds: 90) { !$0.isEmpty }
        effects.add("wake up")
        kill(pid, SIGCONT)
        try await eventually("the zombie's answer", seconds: 90, every: .milliseconds(50)) {
            effects.lines.contains { $0.hasPrefix("answer ") }
        }
        let answer = effects.lines.last { $0.hasPrefix("answer ") }
        let refusals = ["fenced", "notFound", "outcomeUnknown"].map { "answer \($0)" }
        #expect(refusals.contains(answer ?? ""), "\(answer ?? "")")
        #expect(heir.operations.session(id)?.records == [[1]])
        #expect(heir.operations.session(id)?.run?.attempt == 2)
        mayEnd.update { $0 = true }
        try await company.settled(completed: 1)
        effects.add("end")
        await zombie
        #expect(runs.read { $0.map(\.attempt) } == [2], "nobody ran it a third time")
        let bodies = try await company.events(of: id).map(\.body)
        let results = bodies.filter { if case .completed = $0 { true } else { false } }
        #expect(results.contains(.completed(token: runs.read { $0[0].token })))
        await heir.close()
        await node.close()
    }

    @Test func `a partition is taken from a blocked handler: its late writes are fenced`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster, change: Self.change)
        let runs = Runs([])
        let late = Probe<[SessionID: ErrorCode?]>([:])
        let isShared = Probe(false)
        let mayWake = Probe(false)
        let mayEnd = Probe(false)
        @Sendable func handler(
            _ name: String
        ) -> @Sendable (RecoverySession) async throws -> HandlerOutcome {
            { session in
                runs.update { $0.append(SeenRun(session, on: name)) }
                guard session.attempt == 1 else {
                    try await session.extend(by: .seconds(600))
                    try await mayEnd.wait("the end", seconds: 120) { $0 }
                    return .complete
                }
                // In time until the other worker has its share, then blocked, and deaf.
                while !isShared.read({ $0 }),
                    await Self.code({
                        try await session.extend(by: .seconds(8))
                    }) == nil
                {
                    try? await isShared.wait("the other's share", seconds: 2) { $0 }
                }
                await Task {
                    try? await mayWake.wait("the wake-up", seconds: 120) { $0 }
                    let code = await Self.code {
                        try await session.append([9])
                    }
                    late.update { $0[session.id] = .some(code) }
                }.value
                return .complete
            }
        }
        let node = try await company.node()
        let first = try await company.worker("a", handler("a"))
        // In both partitions, so that some of them move whichever partition does.
        var ids: Set<SessionID> = []
        var partitions: Set<UInt32> = []
        while ids.count < 4 || partitions.count < 2 {
            let session = try await node.open(Company.kind, record: [1], lease: .seconds(600))
            partitions.insert(try #require(node.sessions.session(session.id)?.partition))
            try await session.close(retryAfter: .zero)
            ids.insert(session.id)
        }
        let all = ids
        try await runs.wait("the first attempts", seconds: 60) { Set($0.map(\.id)) == all }
        let second = try await company.worker("b", handler("b"))
        try await eventually("the second has its share", seconds: 120) {
            second.operations.partitions().contains { $0.stage == "owning" }
        }
        isShared.update { $0 = true }
        try await runs.wait("the second attempts", seconds: 90) {
            Set($0.filter { $0.attempt == 2 }.map(\.id)) == all
        }
        let moved = try #require(runs.read { $0.first { $0.worker == "b" } })
        let stale = try #require(runs.read { $0.first { $0.id == moved.id && $0.attempt == 1 } })
        mayWake.update { $0 = true }
        try await late.wait("the late answers") { $0.count == all.count }
        let answers = late.read { $0 }
        #expect(answers[moved.id] == .some(.notFound), "it is not on that worker any more")
        #expect(answers.values.allSatisfy { $0 == .notFound || $0 == .fenced }, "\(answers)")

        // What the zombie had in its producer reaches the log all the same.
        let partition = try #require(second.operations.session(moved.id)?.partition)
        let before = try #require(Self.ignored(second, partition))
        let retry = Event.Retry(
            token: stale.token, due: .zero, time: .zero, counted: true, reason: "late")
        let parking = Parking(reason: .handlerRefused, detail: "late", time: .zero)
        let until = second.operations.session(moved.id)?.created ?? .zero
        try await company.send(
            [
                .appended(Event.Write(record: [9], until: until, token: stale.token)),
                .completed(token: stale.token), .retried(retry),
                .parked(parking, token: stale.token), .extended(until: until, token: stale.token),
            ], of: moved.id, in: partition)
        try await eventually("the late events are folded", seconds: 60) {
            Self.ignored(second, partition).map { $0 - before == 5 } ?? false
        }
        let session = second.operations.session(moved.id)
        #expect(session?.records == [[1]])
        #expect(session?.run?.attempt == 2)
        mayEnd.update { $0 = true }
        try await company.settled(completed: all.count)
        #expect(runs.read { $0.count } == 2 * all.count, "two attempts each")
        await second.close()
        await first.close()
        await node.close()
    }

    /// How many events of older runs the worker's fold has passed over.
    private static func ignored(_ worker: RecoveryWorker, _ partition: UInt32) -> Int? {
        worker.operations.partitions().first { $0.partition == Int32(partition) }?
            .ignored[.staleToken]
    }
}
