import Kafka
import Model
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ProducerFaultTests {
    private let partition = KafkaPartition(topic: "events", partition: 0)

    @Test func deliveriesNameTheirSlotsInOrder() async throws {
        let rig = try Rig()
        try rig.produce(slots: 0..<500)
        try await rig.waitForDeliveries(500)
        #expect(rig.slots == Array(0..<500))
        #expect(rig.offsets == Array(0..<500))
        #expect(rig.sink.seen.read { $0.batches } < 500, "reports come in batches")
        await rig.close()
    }

    @Test func fullQueuePushesBackAndLosesNothing() async throws {
        let rig = try Rig(options: KafkaProducerOptions(maxQueuedMessages: 100))
        try rig.cluster.setDown(1)
        var accepted: UInt64 = 0
        while try rig.produce(accepted) == .accepted { accepted += 1 }
        #expect(accepted == 100)
        try rig.cluster.setUp(1)
        try await rig.waitForDeliveries(100)
        #expect(try rig.produce(accepted) == .accepted)
        try await rig.waitForDeliveries(101)
        #expect(rig.slots == Array(0...100))
        await rig.close()
    }

    @Test func outageDelaysAndKeepsOrder() async throws {
        let rig = try Rig()
        try rig.produce(slots: 0..<100)
        try await rig.waitForDeliveries(100)
        try rig.cluster.setDown(1)
        try rig.produce(slots: 100..<300)
        try await rig.sink.seen.wait("the lost connection") { !$0.errors.isEmpty }
        #expect(rig.sink.seen.read { $0.errors.allSatisfy { $0.code == .kafkaUnreachable } })
        try rig.cluster.setUp(1)
        try rig.produce(slots: 300..<400)
        try await rig.waitForDeliveries(400)
        #expect(rig.slots == Array(0..<400))
        #expect(try await rig.readValues() == Array(0..<400))
        await rig.close()
    }

    @Test(arguments: [MockCluster.Failure.notLeader, .requestTimedOut, .notEnoughReplicas])
    func passingErrorsAreRetried(failure: MockCluster.Failure) async throws {
        // One batch, however slow the machine: the mock would let a second one overtake the first.
        let rig = try Rig(options: KafkaProducerOptions(linger: .seconds(1)))
        try rig.cluster.push([failure, failure, failure], to: .produce)
        try rig.produce(slots: 0..<50)
        try await rig.waitForDeliveries(50)
        #expect(rig.sink.seen.read { $0.deliveries.allSatisfy { $0.error == nil } })
        #expect(try await rig.readValues() == Array(0..<50))
        await rig.close()
    }

    @Test func movedLeaderIsFollowed() async throws {
        let rig = try Rig(brokers: 3)
        try rig.produce(slots: 0..<50)
        try await rig.waitForDeliveries(50)
        for leader: Int32 in [2, 3, 1] {
            try rig.cluster.setLeader(leader, of: partition)
            let next = UInt64(rig.slots.count)
            try rig.produce(slots: next..<(next + 50))
            try await rig.waitForDeliveries(Int(next) + 50)
        }
        #expect(try await rig.readValues() == Array(0..<200))
        await rig.close()
    }

    @Test func refusedMessageStopsTheProducerBeforeItsSuccessors() async throws {
        let rig = try Rig(options: KafkaProducerOptions(linger: .seconds(1)))
        try rig.produce(slots: 0..<10)
        try await rig.waitForDeliveries(10)
        try rig.cluster.push([.topicAuthorizationFailed], to: .produce)
        try rig.produce(slots: 10..<20)
        try await rig.sink.seen.wait("the fatal error") {
            $0.errors.contains { $0.code == .kafkaFatal }
        }
        await rig.producer.close()
        #expect(rig.sink.seen.read { $0.deliveries.count } == 20, "each slot has its report")
        #expect(try await rig.readValues() == Array(0..<10))
        rig.cluster.close()
    }

    @Test func fatalProducerIsReplacedAndNothingIsLost() async throws {
        let rig = try Rig()
        try rig.produce(slots: 0..<10)
        try await rig.waitForDeliveries(10)
        try rig.producer.injectFatalError(reason: "as if the broker forgot the producer")
        try await rig.sink.seen.wait("the fatal error") {
            $0.errors.contains { $0.code == .kafkaFatal }
        }
        let refusal = #expect(throws: RepriseError.self) { _ = try rig.produce(10) }
        #expect(refusal?.code == .kafkaFatal)
        await rig.producer.close()

        let second = try Rig(cluster: rig.cluster)
        try second.produce(slots: 10..<20)
        try await second.waitForDeliveries(10)
        #expect(try await second.readValues() == Array(0..<20))
        await second.close()
    }

    @Test func closingReportsWhatWasNotDelivered() async throws {
        let rig = try Rig()
        try rig.cluster.setDown(1)
        try rig.produce(slots: 0..<20)
        await rig.producer.close()
        let deliveries = rig.sink.seen.read { $0.deliveries }
        #expect(deliveries.count == 20)
        #expect(deliveries.allSatisfy { $0.error?.code == .shuttingDown && $0.status.isPurge })
        let late = #expect(throws: RepriseError.self) { _ = try rig.produce(20) }
        #expect(late?.code == .shuttingDown)
        rig.cluster.close()
    }

    @Test func closingFlushesWhenAsked() async throws {
        let rig = try Rig(options: KafkaProducerOptions(linger: .seconds(1)))
        try rig.produce(slots: 0..<20)
        await rig.producer.close(flushing: .seconds(30))
        #expect(rig.slots == Array(0..<20))
        #expect(rig.sink.seen.read { $0.deliveries.allSatisfy(\.isDelivered) })
        rig.cluster.close()
    }

    @Test func oversizedMessageIsRefusedAtOnce() async throws {
        let rig = try Rig()
        let error = #expect(throws: RepriseError.self) {
            _ = try rig.produce(0, value: [UInt8](repeating: 0, count: 2_000_000))
        }
        #expect(error?.code == .tooLarge)
        await rig.close()
    }
}

/// A producer to one partition of a mock cluster. Values are the slots.
private struct Rig {
    let cluster: MockCluster
    let producer: KafkaProducer
    let sink = RecordingProducerSink()
    private let topic: KafkaTopic

    init(
        brokers: Int = 1, cluster: MockCluster? = nil,
        options: KafkaProducerOptions = KafkaProducerOptions()
    ) throws {
        self.cluster = try cluster ?? MockCluster(brokers: brokers)
        if cluster == nil { try self.cluster.createTopic("events", replication: brokers) }
        producer = try KafkaProducer(self.cluster.configuration, options: options, sink: sink)
        topic = try producer.topic("events")
    }

    func produce(_ slot: UInt64, value: [UInt8]? = nil) throws -> KafkaAcceptance {
        var headers = KafkaHeaders()
        headers.append("slot", String(slot))
        let value = value ?? Array(String(slot).utf8)
        return try value.withUnsafeBytes { bytes in
            try producer.produce(
                topic: topic, partition: 0, key: nil, value: bytes, headers: &headers, slot: slot)
        }
    }

    func produce(slots: Range<UInt64>) throws {
        for slot in slots { #expect(try produce(slot) == .accepted) }
    }

    func waitForDeliveries(_ count: Int) async throws {
        try await sink.seen.wait("\(count) deliveries") { $0.deliveries.count >= count }
    }

    var slots: [UInt64] { sink.seen.read { $0.deliveries.map(\.slot) } }
    var offsets: [Int64] { sink.seen.read { $0.deliveries.map(\.offset) } }

    func readValues() async throws -> [UInt64] {
        let seen = Probe<[UInt64]>([])
        _ = try await KafkaReader(cluster.configuration).read(topic: "events") { batch in
            batch.forEach { message in
                let text = message.value.map { String(decoding: $0, as: UTF8.self) } ?? ""
                seen.update { $0.append(UInt64(text) ?? .max) }
            }
            return true
        }
        return seen.read { $0 }
    }

    func close() async {
        await producer.close()
        cluster.close()
    }
}
