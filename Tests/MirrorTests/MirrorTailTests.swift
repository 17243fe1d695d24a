import Journal
import Kafka
import Logging
import Mirror
import Model
import Sessions
import TestSupport
import Testing
import WAL

/// The mirror's thread over a journal and a broker that refuses.
@Suite(.timeLimit(.minutes(10))) struct MirrorTailTests {
    @Test func `a message that was held when its producer failed leaves no headers behind`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("sessions", partitions: 1)
        let journal = try MirrorRig.journal()
        var positions: [String: UInt64] = [:]
        for number in 1...30 {
            let id = SessionTrace.id(number)
            let opened = try await journal.open(
                id, kind: SessionTrace.kind, record: [UInt8(number)], headers: [], lease: nil,
                partition: 0)
            positions["\(id)"] = opened.lsn.map { Position(sequence: $0.rawValue).rawValue }
        }

        var mirrorOptions = Mirror.Options(kafka: cluster.configuration, topic: "sessions")
        mirrorOptions.window = 0
        // The eleventh is held, its headers made, when the answer to the first ones comes.
        mirrorOptions.producer.maxQueuedMessages = 10
        mirrorOptions.producer.linger = .milliseconds(500)
        try cluster.setRoundTrip(1, .milliseconds(300))
        try cluster.push([.topicAuthorizationFailed], to: .produce)
        let mirror = Mirror(journal: journal, options: mirrorOptions, logger: MirrorRig.logger)
        try mirror.start()
        mirror.begin()
        let last = journal.log.durable.rawValue
        try await eventually("Kafka has all", seconds: 60) { mirror.acknowledged >= last }
        mirror.stop()
        try cluster.setRoundTrip(1, .zero)

        let seen = Probe<[SeenMessage]>([])
        _ = try await KafkaReader(cluster.configuration).read(topic: "sessions") { batch in
            batch.forEach { message in
                let message = SeenMessage(message)
                seen.update { $0.append(message) }
            }
            return true
        }
        let messages = seen.read { $0 }
        #expect(Set(messages.map(\.key)).count == 30)
        for message in messages {
            let key = String(decoding: message.key ?? [], as: UTF8.self)
            let headers = message.headers.filter { $0.name == "reprise-origin" }
            let found = headers.map { header in
                String(decoding: header.value ?? [], as: UTF8.self).split(separator: "/").last ?? ""
            }
            #expect(found == [positions[key].map { "\($0)" } ?? "none"], "\(key)")
        }
        journal.close()
    }
}
