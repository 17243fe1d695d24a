import Kafka
import Model
import TestSupport
import Testing

/// Against a broker in a process of its own.
@Suite(.timeLimit(.minutes(10))) struct BrokerTests {
    @Test func everyShapeOfMessageComesBack() async throws {
        let broker = try await TestBroker.shared()
        let topic = try await newTopic(broker, partitions: 2)
        try await checkShapes(broker.configuration, topic: topic)
    }

    @Test func topicsAreCreatedDescribedAndWidened() async throws {
        let broker = try await TestBroker.shared()
        let admin = try KafkaAdmin(broker.configuration)
        let name = TestBroker.unique("topic")
        let topic = KafkaNewTopic(
            name, partitions: 3, replication: 1,
            configuration: ["retention.ms": "123456789", "cleanup.policy": "delete"])
        #expect(try await admin.createTopic(topic))
        #expect(try await !admin.createTopic(topic), "it is there already")
        #expect(try await admin.partitionCount(of: name) == 3)
        let settings = try await admin.configuration(ofTopic: name)
        #expect(settings["retention.ms"] == "123456789")
        #expect(settings["cleanup.policy"] == "delete")
        #expect(settings["min.insync.replicas"] != nil)
        try await admin.createPartitions(name, total: 5)
        #expect(try await admin.partitionCount(of: name) == 5)
        await admin.close()
    }

    @Test func recordsAreTrimmed() async throws {
        let broker = try await TestBroker.shared()
        let topic = try await newTopic(broker, partitions: 1)
        let partition = KafkaPartition(topic: topic, partition: 0)
        let sender = try KafkaSender(broker.configuration)
        _ = try await sender.send((0..<10).map { KafkaRecord(partition, key: nil, value: [$0]) })
        await sender.close()
        let admin = try KafkaAdmin(broker.configuration)
        let lows = try await admin.deleteRecords(before: [KafkaOffset(partition, offset: 6)])
        #expect(lows == [partition: 6])
        let marks = try await admin.watermarks(of: [partition])
        #expect(marks == [partition: KafkaWatermarks(low: 6, high: 10)])
        let seen = Probe<[Int64]>([])
        _ = try await KafkaReader(broker.configuration).read(topic: topic, from: [0: 2]) { batch in
            batch.forEach { message in seen.update { $0.append(message.offset) } }
            return true
        }
        #expect(seen.read { $0 } == [6, 7, 8, 9])
        await admin.close()
    }

    @Test func missingTopicIsNamed() async throws {
        let broker = try await TestBroker.shared()
        let admin = try KafkaAdmin(broker.configuration)
        let name = TestBroker.unique("missing")
        let error = await #expect(throws: RepriseError.self) {
            try await admin.partitionCount(of: name)
        }
        #expect(error?.code == .topicMissing)
        #expect(error?.message.contains(name) == true)
        await admin.close()
    }

    @Test func twoMembersShareAndHandOver() async throws {
        let broker = try await TestBroker.shared()
        let topic = try await newTopic(broker, partitions: 4)
        try await checkHandOver(
            broker.configuration, topic: topic, assignor: .range)
    }

    @Test func frozenBrokerDelaysAndLosesNothing() async throws {
        // Of its own: the shared one serves other tests meanwhile.
        let broker = try await TestBroker.start()
        guard broker.isOwn else { return }
        let topic = try await newTopic(broker, partitions: 1)
        let sink = RecordingProducerSink()
        let producer = try KafkaProducer(broker.configuration, sink: sink)
        let handle = try producer.topic(topic)
        broker.pause()
        for slot in 0..<100 {
            var headers = KafkaHeaders()
            let answer = try [UInt8(slot)].withUnsafeBytes {
                try producer.produce(
                    topic: handle, partition: 0, key: nil, value: $0, headers: &headers,
                    slot: UInt64(slot))
            }
            #expect(answer == .accepted)
        }
        #expect(sink.seen.read { $0.deliveries.isEmpty })
        broker.resume()
        try await sink.seen.wait("all deliveries") { $0.deliveries.count == 100 }
        #expect(sink.seen.read { $0.deliveries.map(\.offset) } == Array(0..<100))
        await producer.close()
        broker.stop()
    }

    private func newTopic(_ broker: TestBroker, partitions: Int) async throws -> String {
        let admin = try KafkaAdmin(broker.configuration)
        let name = TestBroker.unique("topic")
        _ = try await admin.createTopic(
            KafkaNewTopic(name, partitions: partitions, replication: 1))
        await admin.close()
        return name
    }
}
