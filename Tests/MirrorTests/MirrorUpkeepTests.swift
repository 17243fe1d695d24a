import Journal
import Kafka
import Mirror
import Model
import TestSupport
import Testing
import WAL

/// The mirror's thread over a journal whose upkeep fails.
@Suite(.timeLimit(.minutes(5))) struct MirrorUpkeepTests {
    @Test func `upkeep that fails leaves the producer alone`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("sessions", partitions: 1)
        // One frame would have to hold the hand-over of all sessions: it cannot be written.
        let journal = try MirrorRig.journal { $0.log.maxBatchBytes = 512 }
        for number in 1...200 {
            _ = try await journal.open(
                SessionTrace.id(number), kind: SessionTrace.kind, record: [1], headers: [],
                lease: 1, partition: 0)
        }
        var options = Mirror.Options(kafka: cluster.configuration, topic: "sessions")
        options.window = 0
        let mirror = Mirror(journal: journal, options: options, logger: MirrorRig.logger)
        try mirror.start()
        mirror.begin()
        let last = journal.log.durable.rawValue
        try await eventually("Kafka has all") { mirror.acknowledged >= last }
        try await eventually("upkeep failed twice") {
            (mirror.statistics.errors[.tooLarge] ?? 0) >= 2
        }
        #expect(mirror.statistics.restarts == 0)
        #expect(mirror.error == nil, "it gets on")
        mirror.stop()
        journal.close()
    }
}
