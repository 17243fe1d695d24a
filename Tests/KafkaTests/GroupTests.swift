import Kafka
import Model
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct GroupTests {
    @Test(arguments: KafkaGroup.Assignor.allCases)
    func twoMembersShareAndHandOver(assignor: KafkaGroup.Assignor) async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("events", partitions: 4)
        try await checkHandOver(cluster.configuration, topic: "events", assignor: assignor)
    }

    @Test func revocationWaitsForTheOwner() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("events", partitions: 2)
        var group = KafkaGroup.quick("g", .range)
        // A busy machine must not take the owner for dead before it was asked.
        group.sessionTimeout = .seconds(20)
        let first = RecordingConsumerSink(answersRevocation: false)
        let old = try join(cluster.configuration, group, first)
        try await first.seen.wait("both partitions", seconds: 90) { $0.owned.count == 2 }
        let second = RecordingConsumerSink()
        let new = try join(cluster.configuration, group, second)
        try await first.seen.wait("the question", seconds: 90) { !$0.revoked.isEmpty }
        #expect(second.seen.read { $0.assigned.isEmpty }, "nobody else owns them yet")

        let rebalance = try #require(first.seen.read { $0.revoked.first })
        old.completeRevocation(rebalance)
        try await second.seen.wait("its share", seconds: 90) { $0.owned.count == 1 }
        // A busy machine may ask again later, and is not answered then.
        #expect(first.seen.read { !$0.lost.contains(rebalance) })
        // The first member answers nothing any more: leaving must end all the same.
        await old.close(within: .milliseconds(200))
        await new.close()
    }

    @Test func overdueOwnerLosesItsPartitions() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("events", partitions: 2)
        var group = KafkaGroup.quick("g", .range)
        group.drainTimeout = .milliseconds(100)
        let first = RecordingConsumerSink(answersRevocation: false)
        let old = try join(cluster.configuration, group, first)
        try await first.seen.wait("both partitions") { $0.owned.count == 2 }
        let second = RecordingConsumerSink()
        let new = try join(cluster.configuration, group, second)
        try await first.seen.wait("the loss") { !$0.lost.isEmpty }
        #expect(first.seen.read { $0.lost.first } == first.seen.read { $0.revoked.first })
        try await second.seen.wait("its share") { $0.owned.count == 1 }
        await old.close(within: .seconds(5))
        await new.close()
    }

    @Test(arguments: KafkaGroup.Assignor.allCases)
    func closingBeforeTheFirstAssignmentEndsPromptly(
        assignor: KafkaGroup.Assignor
    ) async throws {
        let cluster = try MockCluster()
        try cluster.createTopic("events")
        let sink = RecordingConsumerSink()
        let consumer = try join(cluster.configuration, .quick("g", assignor), sink)
        await consumer.close(within: .seconds(5))
        let error = await #expect(throws: RepriseError.self) {
            try await consumer.commit([KafkaOffset(topic: "events", partition: 0, offset: 1)])
        }
        #expect(error?.code == .shuttingDown)
        cluster.close()
    }

    @Test func unansweredAssignmentDoesNotKeepFromClosing() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("events")
        let sink = RecordingConsumerSink(answersAssignment: false)
        let consumer = try join(cluster.configuration, .quick("g", .range), sink)
        try await sink.seen.wait("the question") { !$0.assigned.isEmpty }
        await consumer.close(within: .seconds(5))
    }

    @Test func positionsArePausedSoughtAndCommitted() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("events")
        let partition = KafkaPartition(topic: "events", partition: 0)
        let sender = try KafkaSender(cluster.configuration)
        _ = try await sender.send((0..<5).map { KafkaRecord(partition, key: nil, value: [$0]) })
        let sink = RecordingConsumerSink(start: .offset(2))
        let consumer = try join(cluster.configuration, .quick("g", .cooperativeSticky), sink)
        try await sink.seen.wait("the end") { $0.ends[partition] == 5 }
        #expect(sink.seen.read { $0.messages.map(\.offset) } == [2, 3, 4])

        try consumer.commit([KafkaOffset(partition, offset: 3)], slot: 77)
        try await sink.seen.wait("the commit") { $0.commits[77] != nil }
        #expect(sink.seen.read { $0.commits[77] } == .some(nil))
        let (committed, marks) = try await blocking {
            (
                try consumer.committed([partition], timeout: .seconds(10)),
                try consumer.watermarks(partition, timeout: .seconds(10))
            )
        }
        #expect(committed == [partition: 3])
        #expect(marks == KafkaWatermarks(low: 0, high: 5))
        let admin = try KafkaAdmin(cluster.configuration)
        #expect(try await admin.committed(group: "g", [partition]) == [partition: 3])
        await admin.close()

        try consumer.seek([KafkaOffset(partition, offset: 4)])
        try await sink.seen.wait("the message sought") { $0.messages.count == 4 }
        try consumer.pause([partition])
        _ = try await sender.send([KafkaRecord(partition, key: nil, value: [9])])
        try consumer.resume([partition])
        try await sink.seen.wait("the last message") { $0.messages.last?.value == [9] }
        #expect(sink.seen.read { $0.messages.map(\.offset) } == [2, 3, 4, 4, 5])
        await consumer.close()
        await sender.close()
    }

    @Test func commitOfAnOldGenerationIsFenced() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("events")
        let sink = RecordingConsumerSink()
        let consumer = try join(cluster.configuration, .quick("g", .range), sink)
        try await sink.seen.wait("the partition") { $0.owned.count == 1 }
        try cluster.push([.illegalGeneration], to: .offsetCommit)
        let error = await #expect(throws: RepriseError.self) {
            try await consumer.commit([KafkaOffset(topic: "events", partition: 0, offset: 1)])
        }
        #expect(error?.code == .fenced)
        await consumer.close()
    }
}

func join(
    _ configuration: KafkaConfiguration, _ group: KafkaGroup, _ sink: RecordingConsumerSink,
    topic: String = "events"
) throws -> KafkaConsumer {
    let consumer = try KafkaConsumer(configuration, group: group, sink: sink)
    sink.consumer.update { $0 = consumer }
    try consumer.subscribe([topic])
    return consumer
}

/// Two members share four partitions, one leaves, the other goes on from what was committed.
func checkHandOver(
    _ configuration: KafkaConfiguration, topic: String, assignor: KafkaGroup.Assignor,
    sessionTimeout: Duration = .seconds(10)
) async throws {
    var group = KafkaGroup.quick(TestBroker.unique("group"), assignor)
    group.sessionTimeout = sessionTimeout
    let sender = try KafkaSender(configuration)
    let partitions = (0..<4).map { KafkaPartition(topic: topic, partition: $0) }
    _ = try await sender.send(partitions.map { KafkaRecord($0, key: nil, value: [1]) })

    let first = RecordingConsumerSink()
    let one = try join(configuration, group, first, topic: topic)
    try await first.seen.wait("all partitions", seconds: 60) {
        $0.owned.count == 4 && $0.messages.count == 4
    }
    try await one.commit(partitions.map { KafkaOffset($0, offset: 1) })

    let second = RecordingConsumerSink()
    let two = try join(configuration, group, second, topic: topic)
    try await second.seen.wait("a share of two", seconds: 60) { $0.owned.count == 2 }
    try await first.seen.wait("a rest of two", seconds: 60) { $0.owned.count == 2 }
    let shares = (first.seen.read { $0.owned }, second.seen.read { $0.owned })
    #expect(shares.0.isDisjoint(with: shares.1))
    #expect(shares.0.union(shares.1) == Set(partitions))

    await one.close()
    try await second.seen.wait("all partitions", seconds: 60) { $0.owned.count == 4 }
    _ = try await sender.send(partitions.map { KafkaRecord($0, key: nil, value: [2]) })
    try await second.seen.wait("the new messages", seconds: 60) { seen in
        partitions.allSatisfy { seen.ends[$0] == 2 }
    }
    // The first message of each partition was committed: nobody gets it again.
    #expect(second.seen.read { $0.messages.allSatisfy { $0.offset == 1 } })
    #expect(second.seen.read { $0.messages.count } == 4)
    #expect(first.seen.read { $0.lost.isEmpty } && second.seen.read { $0.lost.isEmpty })
    await two.close()
    await sender.close()
}
