import Foundation
import Kafka
import Reprise
import TestSupport
import Testing

@Suite struct RecoveryGroupTests {
    let kind = Kind(unchecked: "user.create")

    func configuration(
        _ cluster: MockCluster, _ directory: String, _ name: String
    ) -> RepriseConfiguration {
        var policy = KindPolicy()
        policy.lease = 3_000
        policy.retry.firstDelay = 0
        policy.retry.jitter = 0
        var journal = JournalConfiguration(directory: directory)
        journal.segmentBytes = 1 << 22
        var configuration = RepriseConfiguration(
            node: name, journal: journal, kinds: [kind: policy], kafka: cluster.configuration)
        configuration.topics.partitions = 2
        configuration.topics.checksPolicies = false
        configuration.recovery.trims = false
        configuration.recovery.clockAllowance = 100
        configuration.recovery.markInterval = 200
        return configuration
    }

    /// With the topics; to be closed.
    private func cluster() throws -> MockCluster {
        let cluster = try MockCluster(brokers: 1)
        try cluster.createTopic("reprise.sessions", partitions: 2)
        try cluster.createTopic("reprise.dead-letters", partitions: 1)
        return cluster
    }

    @Test func anAbandonedSessionIsRecoveredByTheGroup() async throws {
        let cluster = try cluster()
        defer { cluster.close() }
        let directory = try TemporaryDirectory()
        let (stream, continuation) = AsyncStream<RecoverySession>.makeStream()
        let handler = ClosureHandler { session in
            if session.attempt == 1 {
                try await session.append(Array("seen".utf8))
                return .retry(after: 0)
            }
            continuation.yield(session)
            return .complete
        }
        let node = try await Reprise.open(configuration(cluster, directory.path, "node"))
        let worker = try await RecoveryWorker.start(
            configuration(cluster, directory.path, "worker"), handlers: [kind: handler])
        let opened = try await node.open(kind, record: Array("user".utf8))
        var iterator = stream.makeAsyncIterator()
        let session = await iterator.next()
        #expect(session?.id == opened.id)
        #expect(session?.attempt == 2)
        #expect(session?.records == [Array("user".utf8), Array("seen".utf8)])
        await worker.close()
        await node.close()
    }

    @Test func aWorkerWithTheLongestDrainTimeJoins() async throws {
        let cluster = try cluster()
        defer { cluster.close() }
        let directory = try TemporaryDirectory()
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        var longest = configuration(cluster, directory.path, "worker")
        longest.recovery.drainTimeout = 300_000
        let worker = try await RecoveryWorker.start(
            longest,
            handlers: [
                kind: ClosureHandler { _ in
                    continuation.finish()
                    return .complete
                }
            ])
        let node = try await Reprise.open(configuration(cluster, directory.path, "node"))
        let session = try await node.open(kind, record: Array("user".utf8))
        try await session.close(retryAfter: .zero)
        for await _ in stream {}
        await worker.close()
        await node.close()
    }

    /// Asked for again, because nobody knew, it is waited for again.
    @Test func anOpeningThatIsRepeatedWaitsForKafka() async throws {
        let cluster = try cluster()
        defer { cluster.close() }
        let directory = try TemporaryDirectory()
        var away = configuration(cluster, directory.path, "node")
        away.kafka = KafkaConfiguration(brokers: ["127.0.0.1:1"])
        let node = try await Reprise.open(away)
        let id = SessionID(high: 0x0198_0000_0000_7000, low: 0x8000_0000_0000_0001)
        for _ in 0..<2 {
            let opening = Task {
                _ = try await node.open(
                    kind, id: id, lease: .seconds(3_600), acknowledgement: .mirrored)
            }
            try await eventually("the session is open", seconds: 60) {
                node.sessions.session(id) != nil
            }
            opening.cancel()
            await #expect {
                try await opening.value
            } throws: { error in
                (error as? RepriseError)?.code == .outcomeUnknown
            }
        }
        await node.close()
    }

    /// Parked, listed, edited, sent back, recovered; and once more the same order, which is too many.
    @Test func aDeadLetterIsEditedAndRecoveredOnce() async throws {
        let cluster = try cluster()
        defer { cluster.close() }
        let directory = try TemporaryDirectory()
        let runs = Probe<[[[UInt8]]]>([])
        let handler = ClosureHandler { session in
            runs.update { $0.append(session.records) }
            return session.records == [Array("mended".utf8)] ? .complete : .park(reason: "spoilt")
        }
        let node = try await Reprise.open(configuration(cluster, directory.path, "node"))
        let settings = configuration(cluster, directory.path, "worker")
        let worker = try await RecoveryWorker.start(settings, handlers: [kind: handler])
        let group = try GroupInspection(settings)
        let session = try await node.open(kind, record: Array("spoilt".utf8))
        try await session.close()
        let letters = Probe<[Session]>([])
        try await eventually("it is a dead letter", seconds: 120, every: .milliseconds(200)) {
            let found = (try? await group.deadLetters()) ?? []
            letters.update { $0 = found }
            return found.count == 1
        }
        let letter = try #require(letters.update({ $0.first }))
        #expect(letter.id == session.id)
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let mended = Requeueing(letter: letter, records: [Array("mended".utf8)])
        #expect(await group.requeue([mended], now: now) == [nil])
        try await eventually(
            "it was recovered, and its letter is gone", seconds: 120, every: .milliseconds(200)
        ) {
            let count = (try? await group.deadLetters())?.count
            return worker.operations.partitions().reduce(0) { $0 + $1.totals.completed } == 1
                && count == 0
        }
        #expect(await group.requeue([mended], now: now) == [nil], "Kafka has the order")
        try await eventually("the fold passes it over", seconds: 120) {
            worker.operations.partitions().contains { $0.ignored[.duplicate] > 0 }
        }
        #expect(runs.update({ $0 }) == [[Array("spoilt".utf8)], [Array("mended".utf8)]])
        #expect(worker.operations.session(session.id) == nil)
        await worker.close()
        await node.close()
    }
}
