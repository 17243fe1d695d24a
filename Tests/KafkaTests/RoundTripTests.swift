import Kafka
import Model
import TestSupport
import Testing

@Suite struct RoundTripTests {
    @Test func everyShapeOfMessageComesBack() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("shapes", partitions: 2)
        try await checkShapes(cluster.configuration, topic: "shapes")
    }

    @Test func groupMemberReadsAndCommits() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("events")
        let partition = KafkaPartition(topic: "events", partition: 0)
        let sender = try KafkaSender(cluster.configuration)
        _ = try await sender.send(
            (0..<10).map { KafkaRecord(partition, key: nil, value: [UInt8($0)]) })

        let sink = RecordingConsumerSink()
        let consumer = try KafkaConsumer(
            cluster.configuration, group: .quick("g", .range), sink: sink)
        sink.consumer.update { $0 = consumer }
        try consumer.subscribe(["events"])
        try await sink.seen.wait("ten messages and the end") {
            $0.messages.count == 10 && $0.ends[partition] == 10
        }
        try await consumer.commit([KafkaOffset(partition, offset: 4)])
        await consumer.close()

        let next = RecordingConsumerSink()
        let successor = try KafkaConsumer(
            cluster.configuration, group: .quick("g", .range), sink: next)
        next.consumer.update { $0 = successor }
        try successor.subscribe(["events"])
        try await next.seen.wait("six messages") { $0.messages.count == 6 }
        #expect(next.seen.read { $0.messages.map(\.offset) } == [4, 5, 6, 7, 8, 9])
        await successor.close()
        await sender.close()
    }
}

/// Sends messages of every shape and compares what is read back.
func checkShapes(_ configuration: KafkaConfiguration, topic: String) async throws {
    let zero = KafkaPartition(topic: topic, partition: 0)
    let one = KafkaPartition(topic: topic, partition: 1)
    let records = [
        KafkaRecord(
            zero, key: [1, 2], value: [3, 4],
            headers: [
                KafkaHeader("kind", [5]), KafkaHeader("empty", []), KafkaHeader("null", nil),
                KafkaHeader("kind", [6]),
            ]),
        KafkaRecord(zero, key: nil, value: [7]),
        KafkaRecord(zero, key: [8], value: nil),
        KafkaRecord(zero, key: [], value: []),
        KafkaRecord(one, key: nil, value: nil),
    ]
    let sender = try KafkaSender(configuration)
    let reports = try await sender.send(records)
    #expect(reports.map(\.offset) == [0, 1, 2, 3, 0])
    #expect(reports.allSatisfy { $0.error == nil })
    await sender.close()

    let seen = Probe<[SeenMessage]>([])
    let marks = try await KafkaReader(configuration).read(topic: topic) { batch in
        batch.forEach { message in
            let copy = SeenMessage(message)
            seen.update { $0.append(copy) }
        }
        return true
    }
    #expect(marks == [0: KafkaWatermarks(low: 0, high: 4), 1: KafkaWatermarks(low: 0, high: 1)])
    for (partition, expected) in Dictionary(grouping: records, by: \.partition.partition) {
        let got = seen.read { $0.filter { $0.partition == partition } }
        #expect(got.map(\.offset) == expected.indices.map { Int64($0) })
        #expect(got.map(\.key) == expected.map(\.key))
        #expect(got.map(\.value) == expected.map(\.value))
        #expect(got.map(\.headers) == expected.map(\.headers))
    }
}
