import Kafka
import Reprise
import TestSupport
import Testing
import Transactions

@Suite(.timeLimit(.minutes(10))) struct OutcomeSubscriptionTests {
    private let kafka: KafkaConfiguration
    private let topic = TestBroker.unique("outcomes")

    private struct Failed: Error {}

    init() async throws {
        kafka = try await TestBroker.shared().configuration
        let admin = try KafkaAdmin(kafka)
        _ = try await admin.createTopic(KafkaNewTopic(topic, partitions: 2, replication: 1))
        await admin.close()
    }

    private func send(_ numbers: Range<Int>) async throws {
        let sender = try KafkaSender(kafka)
        let records = numbers.map { number in
            let outcome = TransactionOutcome(
                transaction: TransactionID(uuid: SessionID(high: 1, low: UInt64(number) + 1)),
                result: .committed, time: .zero, node: "node", journal: 1)
            let headers = [
                KafkaHeader("ce_specversion", Array("1.0".utf8)),
                KafkaHeader("ce_id", Array("\(number)".utf8)),
                KafkaHeader("content-type", Array("application/protobuf".utf8)),
            ]
            return KafkaRecord(
                KafkaPartition(topic: topic, partition: Int32(number % 2)), key: nil,
                value: outcome.encoded, headers: headers)
        }
        let reports = try await sender.send(records)
        await sender.close()
        #expect(reports.allSatisfy { $0.isDelivered })
    }

    private func start(
        handler: @escaping @Sendable (OutcomeEvent) async throws -> Void
    ) throws -> OutcomeSubscription {
        var options = OutcomeSubscription.Options(kafka: kafka, group: topic)
        options.topic = topic
        options.assignor = .range
        return try OutcomeSubscription.start(options, handler: handler)
    }

    /// Events of a partition are numbered in steps of two.
    private func isInOrder(_ seen: [Int]) -> Bool {
        (0..<2).allSatisfy { partition in
            let own = seen.filter { $0 % 2 == partition }
            return own == own.sorted() && Set(own).count == own.count
        }
    }

    @Test func `each event comes once and in order, more than fit into the inbox as well`()
        async throws
    {
        let count = 3_000
        try await send(0..<count)
        let seen = Probe<[Int]>([])
        let (gate, open) = AsyncStream<Void>.makeStream()
        let subscription = try start { event in
            // Meanwhile the inbox fills up.
            if seen.read({ $0.isEmpty }) { _ = await gate.first { _ in true } }
            let number = try #require(Int(event.id))
            seen.update { $0.append(number) }
        }
        try await send(count..<(count + 10))
        open.finish()
        try await seen.wait("all", seconds: 120) { $0.count >= count + 10 }
        await subscription.close()
        #expect(isInOrder(seen.read { $0 }))
    }

    @Test func `what the subscriber fails at comes again, and what is after it waits`()
        async throws
    {
        try await send(0..<6)
        let seen = Probe<[Int]>([])
        let failures = Probe(0)
        let subscription = try start { event in
            let number = try #require(Int(event.id))
            if number == 2 {
                let failed = failures.update { count in
                    count += 1
                    return count < 3
                }
                if failed { throw Failed() }
            }
            seen.update { $0.append(number) }
        }
        try await seen.wait("all", seconds: 120) { $0.count >= 6 }
        await subscription.close()
        #expect(isInOrder(seen.read { $0 }))
        #expect(failures.read { $0 } == 3)
    }

    @Test func `a message that is no event is passed over`() async throws {
        let sender = try KafkaSender(kafka)
        _ = try await sender.send([
            KafkaRecord(
                KafkaPartition(topic: topic, partition: 0), key: nil, value: [1, 2, 3],
                headers: [])
        ])
        await sender.close()
        try await send(0..<2)
        let seen = Probe<[Int]>([])
        let subscription = try start { event in
            seen.update { $0.append(Int(event.id) ?? -1) }
        }
        try await seen.wait("both", seconds: 120) { $0.count >= 2 }
        await subscription.close()
        #expect(seen.read { $0.sorted() } == [0, 1])
    }

    @Test func `who comes after goes on where the one before has stopped`() async throws {
        try await send(0..<10)
        let seen = Probe<[Int]>([])
        let note: @Sendable (OutcomeEvent) async throws -> Void = { event in
            seen.update { $0.append(Int(event.id) ?? -1) }
        }
        let first = try start(handler: note)
        try await seen.wait("the first ten", seconds: 120) { $0.count >= 10 }
        await first.close()
        await first.close()  // Nothing more to do.
        try await send(10..<20)
        let second = try start(handler: note)
        try await seen.wait("the rest", seconds: 120) { $0.count >= 20 }
        await second.close()
        #expect(seen.read { $0.sorted() } == Array(0..<20))
    }

    @Test func `closing does not wait for a subscriber that keeps failing`() async throws {
        try await send(0..<1)
        let tries = Probe(0)
        let subscription = try start { _ in
            tries.update { $0 += 1 }
            throw Failed()
        }
        try await tries.wait("a failure", seconds: 120) { $0 >= 1 }
        await subscription.close()
        // It was not committed: whoever comes after gets it.
        let seen = Probe<[Int]>([])
        let next = try start { event in
            seen.update { $0.append(Int(event.id) ?? -1) }
        }
        try await seen.wait("the event", seconds: 120) { $0 == [0] }
        await next.close()
    }
}
