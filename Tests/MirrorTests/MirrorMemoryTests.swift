import Journal
import Kafka
@testable import Mirror
import Model
import Platform
import TestSupport
import Testing
import Transactions
import WAL

/// What the mirror holds of the tail while Kafka takes nothing.
@Suite(.timeLimit(.minutes(10))) struct MirrorMemoryTests {
    private func tail(_ journal: Journal, _ options: Mirror.Options) -> MirrorTail {
        MirrorTail(
            journal: journal, options: options, inherited: journal.log.durable.rawValue,
            signal: Signal(), logger: MirrorRig.logger, onError: { _ in })
    }

    @Test func `messages of an outbox count as what is held`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let journal = try MirrorRig.journal()
        for number in 1...12 {
            try await MirrorRig.commit(UInt64(number), to: journal) { outline in
                outline.messages = [
                    OutboxMessage(
                        topic: "mail", key: nil, value: [UInt8](repeating: 1, count: 500_000))
                ]
            }
        }
        var options = Mirror.Options(kafka: cluster.configuration, topic: "sessions")
        // Nothing leaves the backlog meanwhile.
        options.window = 3_600_000
        options.maxBacklogBytes = 1 << 20
        var mirror = tail(journal, options)
        for _ in 0..<3 { _ = try mirror.step(now: 0) }
        let held = mirror.announcements.values.reduce(0) { $0 + ($1.value?.count ?? 0) }
        #expect(held > 0 && held <= 3 << 20, "\(held) of 6,000,000 bytes")
        let counted = mirror.backlogBytes
        #expect(counted >= held)
        mirror.close()
        journal.close()
    }

    @Test func `nothing is read while the producer is full, and all is read after that`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("sessions", partitions: 1)
        try cluster.setDown(1)
        let journal = try MirrorRig.journal()
        for number in 1...40 {
            _ = try await journal.open(
                SessionTrace.id(number), kind: SessionTrace.kind,
                record: [UInt8](repeating: 1, count: 200_000), headers: [], lease: nil,
                partition: 0)
        }
        let last = journal.log.durable.rawValue
        var options = Mirror.Options(kafka: cluster.configuration, topic: "sessions")
        options.window = 0
        options.producer.maxQueuedMessages = 10
        var mirror = tail(journal, options)
        _ = try mirror.step(now: 0)
        let first = mirror.backlogBytes
        #expect(first > 0 && first < 4_000_000)
        for _ in 0..<5 { _ = try mirror.step(now: 0) }
        let later = mirror.backlogBytes
        #expect(later == first)
        try cluster.setUp(1)
        let end = ContinuousClock.now + .seconds(90)
        while mirror.acknowledged < last, ContinuousClock.now < end {
            _ = try mirror.step(now: 0)
            try await Task.sleep(for: .milliseconds(5))
        }
        let (acknowledged, rest) = (mirror.acknowledged, mirror.backlogBytes)
        #expect(acknowledged >= last)
        #expect(rest == 0)
        mirror.close()
        journal.close()
    }
}
