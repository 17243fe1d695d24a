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

    @Test func anAbandonedSessionIsRecoveredByTheGroup() async throws {
        let cluster = try MockCluster(brokers: 1)
        defer { cluster.close() }
        try cluster.createTopic("reprise.sessions", partitions: 2)
        try cluster.createTopic("reprise.dead-letters", partitions: 1)
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
}
