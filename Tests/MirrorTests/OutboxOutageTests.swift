import Journal
import Kafka
import Mirror
import Model
import TestSupport
import Testing
import Transactions
import WAL

/// A topic that a service has named is away, and Kafka is there.
@Suite(.timeLimit(.minutes(5))) struct OutboxOutageTests {
    @Test func `a message whose topic has no leader holds up no session, and is not forgotten`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        for topic in ["sessions", "outcomes", "mail"] {
            try cluster.createTopic(topic, partitions: 1)
        }
        let mail = KafkaPartition(topic: "mail", partition: 0)
        try cluster.setLeader(-1, of: mail)
        let journal = try MirrorRig.journal()
        try await MirrorRig.commit(1, to: journal) { outline in
            outline.participants = ["a"]
            outline.messages = [OutboxMessage(topic: "mail", key: nil, value: [1], headers: [])]
        }
        let decision = journal.log.durable
        var options = Mirror.Options(kafka: cluster.configuration, topic: "sessions")
        options.window = 0
        options.outcomeTopic = "outcomes"
        let mirror = Mirror(journal: journal, options: options, logger: MirrorRig.logger)
        try mirror.start()
        mirror.begin()
        // Those that wait for Kafka have their answers.
        try await mirror.waitAcknowledged(decision)
        for number in 1...20 {
            let opened = try await journal.open(
                SessionTrace.id(number), kind: SessionTrace.kind, record: [1], headers: [],
                lease: 3_600_000, partition: 0)
            try await mirror.waitAcknowledged(try #require(opened.lsn))
        }
        #expect(mirror.acknowledged < decision.rawValue, "it is still to be sent")
        #expect(journal.withCore { $0.acknowledged.sequence } < decision.rawValue)
        #expect(mirror.statistics.outboxMessages == 1)
        #expect(mirror.statistics.restarts == 0)

        let waiting = Task { try await mirror.waitAcknowledged(decision, outbox: true) }
        try cluster.setLeader(1, of: mail)
        try await waiting.value
        try await eventually("the journal may forget it") {
            journal.withCore { $0.acknowledged.sequence } >= decision.rawValue + 20
        }
        mirror.stop()
        journal.close()
    }
}
