import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// A group whose committed offset is gone, or points where the log is not.
@Suite(.timeLimit(.minutes(10))) struct OffsetTests {
    enum Offset: String, Sendable, CaseIterable {
        /// As a broker forgets the offsets of a group that was away for long.
        case forgotten
        /// The log begins later: the broker trimmed what the group had not passed yet.
        case belowTheLog
        /// The log ends earlier: the topic was made anew, or lost its end with its leader.
        case aboveTheLog
    }

    @Test(arguments: Offset.allCases)
    func `the worker rebuilds what is unfinished, and finished work is not fired again`(
        offset: Offset
    ) async throws {
        var company = try Company(try await TestBroker.shared()) { $0.topics.partitions = 1 }
        let runs = Probe<[SeenRun]>([])
        let handler: @Sendable (RecoverySession) async throws -> HandlerOutcome = { session in
            runs.update { $0.append(SeenRun(session, on: "")) }
            return .complete
        }
        let node = try await company.node()
        let first = try await company.worker("a", handler)
        try await company.abandon(20, record: [1], on: node)
        try await runs.wait("all runs", seconds: 60) { Set($0.map(\.id)).count == 20 }
        let partition = KafkaPartition(topic: "\(company.prefix).sessions", partition: 0)
        let admin = try KafkaAdmin(company.kafka)
        try await eventually("the log is trimmed", seconds: 90, every: .milliseconds(250)) {
            try await admin.watermarks(of: [partition])[partition]?.low ?? 0 > 0
        }
        let late = try await node.open(Company.kind, record: [77], lease: .seconds(600))
        try await late.close(retryAfter: .seconds(3_600))
        try await eventually("the worker has it", seconds: 60) {
            if case .waiting = first.operations.session(late.id)?.phase { true } else { false }
        }
        let inspection = try company.inspection
        // A busy machine may take its partition from a worker in a run: then that runs again, as another
        // attempt. What is finished in the log does not.
        try await eventually("all else is finished", seconds: 90, every: .milliseconds(250)) {
            try await inspection.sessions().map(\.id) == [late.id]
        }
        let finished = runs.read { $0.count }
        await first.close()
        let marks = try #require(try await admin.watermarks(of: [partition])[partition])
        switch offset {
        case .forgotten:
            let change = company.change
            company.change = {
                change(&$0)
                $0.recovery.group += "-forgotten"
            }
        case .belowTheLog: try await commit(marks.low - 1, partition, company)
        case .aboveTheLog: try await commit(marks.high + 1_000, partition, company)
        }

        let second = try await company.worker("b", handler)
        try await eventually("the second worker has it", seconds: 90) {
            second.operations.session(late.id)?.records == [[77]]
                && second.operations.partitions().allSatisfy { $0.stage == "owning" }
        }
        #expect(runs.read { $0.count } == finished, "finished work is not fired again")
        #expect(try await inspection.sessions().map(\.id) == [late.id])
        let created = try await inspection.session(late.id).created
        try await inspection.requeue(late.id, after: 0, now: created)
        try await runs.wait("its run", seconds: 60) { $0.last?.id == late.id }
        try await eventually("nothing is left", seconds: 60, every: .milliseconds(250)) {
            try await inspection.sessions().isEmpty
        }
        let all = runs.read { $0 }
        let fresh = all.filter { $0.id == late.id }
        #expect(all.count - fresh.count == finished, "finished work is not fired again: \(all)")
        #expect(Set(all.map(\.token)).count == all.count, "no claim runs twice: \(all)")
        #expect(second.operations.partitions().allSatisfy { $0.conservationDifference == 0 })
        await admin.close()
        await second.close()
        await node.close()
    }

    /// Commits for the group, as a member of it.
    private func commit(
        _ offset: Int64, _ partition: KafkaPartition, _ company: Company
    ) async throws {
        let group = company.configuration("committer").recovery.group
        let sink = RecordingConsumerSink()
        let consumer = try KafkaConsumer(company.kafka, group: .quick(group, .range), sink: sink)
        sink.consumer.update { $0 = consumer }
        try consumer.subscribe([partition.topic])
        try await sink.seen.wait("the partition", seconds: 60) { $0.owned == [partition] }
        try await consumer.commit([KafkaOffset(partition, offset: offset)])
        await consumer.close()
    }
}
