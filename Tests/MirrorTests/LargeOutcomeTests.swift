import Journal
import Kafka
import Logging
import Mirror
import Model
import TestSupport
import Testing
import Transactions
import WAL

/// Outcomes that are too large for Kafka, in front of everything else that the mirror has to send.
@Suite(.timeLimit(.minutes(10))) struct LargeOutcomeTests {
    /// Mirrors a transaction with such records, and a session's event after it.
    private func mirrored(
        _ cluster: MockCluster, records: [Int], headerCount: Int = 0,
        _ change: (inout Mirror.Options) -> Void
    ) async throws -> (statistics: MirrorStatistics, lines: [String]) {
        try cluster.createTopic("sessions", partitions: 1)
        try cluster.createTopic("outcomes", partitions: 1)
        let journal = try MirrorRig.journal()
        try await MirrorRig.commit(1, to: journal) { outline in
            outline.participants = ["a"]
            outline.actions = records.enumerated().map { index, count in
                DurableAction(
                    session: SessionTrace.id(index + 1), kind: SessionTrace.kind,
                    record: [UInt8](repeating: 7, count: count), lease: 3_600_000)
            }
            outline.headers = (0..<headerCount).map {
                Header("header-\($0)", String(repeating: "x", count: 4_000))
            }
        }
        _ = try await journal.open(
            SessionTrace.id(100), kind: SessionTrace.kind, record: [1], headers: [], lease: nil,
            partition: 0)
        var options = Mirror.Options(kafka: cluster.configuration, topic: "sessions")
        options.window = 0
        options.outcomeTopic = "outcomes"
        change(&options)
        let collector = LogCollector()
        let mirror = Mirror(journal: journal, options: options, logger: collector.logger)
        try mirror.start()
        mirror.begin()
        let last = journal.log.durable.rawValue
        try await eventually("Kafka has all") { mirror.acknowledged >= last }
        let statistics = mirror.statistics
        mirror.stop()
        journal.close()
        let warnings = collector.lines.filter { $0.level >= .warning }
        return (
            statistics,
            warnings.map { line in
                ["reprise.error.code", "reprise.transaction.id"]
                    .map { line.metadata[$0].map { "\($0)" } ?? "" }.joined(separator: " ")
            }
        )
    }

    private func messages(_ cluster: MockCluster, _ topic: String) async throws -> [SeenMessage] {
        let seen = Probe<[SeenMessage]>([])
        _ = try await KafkaReader(cluster.configuration).read(topic: topic) { batch in
            batch.forEach { message in
                let message = SeenMessage(message)
                seen.update { $0.append(message) }
            }
            return true
        }
        return seen.read { $0 }
    }

    @Test func `an outcome that is too large is told without what makes it large`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        // 780 KB in the journal, more than a message takes as base64.
        let sizes = [260_000, 260_000, 260_000]
        let (statistics, lines) = try await mirrored(cluster, records: sizes) {
            $0.outcomeFormat = .json
        }
        #expect(statistics.restarts == 0)
        #expect(statistics.errors[.tooLarge] == 1)
        let transaction = "\(MirrorRig.transaction(1))"
        #expect(lines == ["tooLarge \(transaction)"])
        let found = try await messages(cluster, "outcomes")
        #expect(found.map(\.key) == [Array(transaction.utf8)])
        let outcome = try TransactionOutcome(decodingJSON: try #require(found.first?.value))
        #expect(outcome.actions.map { $0.record?.count } == [260_000, 260_000, nil])
        #expect(try await messages(cluster, "sessions").count == 4)
    }

    @Test func `an outcome that no omission makes small enough keeps nothing else back`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let (statistics, lines) = try await mirrored(cluster, records: [100], headerCount: 20) {
            $0.kafka.properties["message.max.bytes"] = "100000"
        }
        #expect(statistics.restarts == 0)
        // As it is, without records, without actions.
        #expect(statistics.errors[.tooLarge] == 3)
        #expect(lines.count == 3)
        #expect(try await messages(cluster, "outcomes").isEmpty)
        #expect(try await messages(cluster, "sessions").count == 2)
    }
}
