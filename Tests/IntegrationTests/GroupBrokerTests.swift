import Kafka
import Model
import Platform
import Reprise
import TestSupport
import Testing

/// Nodes and workers against a broker in a process of its own.
@Suite(.timeLimit(.minutes(10)), .serialized) struct GroupBrokerTests {
    typealias Runs = Probe<[SeenRun]>

    @Test func `two workers recover what a node left; dead letters keep all and come back`()
        async throws
    {
        let company = try Company(try await TestBroker.shared())
        let runs = Runs([])
        let mayComplete = Probe(false)
        let handler: @Sendable (RecoverySession) async throws -> HandlerOutcome = { session in
            runs.update { $0.append(SeenRun(session, on: "")) }
            if session.records.first == [99], !mayComplete.read({ $0 }) {
                return .park(reason: "not today")
            }
            return .complete
        }
        let first = try await company.worker("a", handler)
        let second = try await company.worker("b", handler)
        let node = try await company.node()
        var opened: Set<SessionID> = []
        for number in 0..<30 {
            let session = try await node.open(
                Company.kind, record: [UInt8(number)], lease: .seconds(600))
            try await session.close(retryAfter: .zero)
            opened.insert(session.id)
        }
        let headers = [Header("traceparent", "00-aa-bb-01"), Header("tenant", "7")]
        var refused: [SessionID] = []
        for _ in 0..<2 {
            let session = try await node.open(
                Company.kind, record: [99], headers: headers, lease: .seconds(600))
            try await session.append([100])
            try await session.close(retryAfter: .zero)
            refused.append(session.id)
        }
        let (ids, parked) = (opened, refused)
        try await runs.wait("all runs", seconds: 60) { Set($0.map(\.id)).isSuperset(of: ids) }
        let inspection = try company.inspection
        try await eventually(
            "both are dead letters, the rest is finished", seconds: 60, every: .milliseconds(250)
        ) {
            let sessions = try await inspection.sessions()
            let letters = try await company.messages("dead-letters")
            return sessions.map(\.id).sorted() == parked.sorted() && letters.count == 2
        }
        let letters = try await company.messages("dead-letters")
        for letter in letters {
            func header(_ name: String) -> String? {
                letter.headers.first { $0.name == name }?.value.map {
                    String(decoding: $0, as: UTF8.self)
                }
            }
            #expect(header("traceparent") == "00-aa-bb-01")
            #expect(header("tenant") == "7")
            #expect(header("reprise-kind") == "user.create")
            #expect(header("reprise-reason") == "handlerRefused")
        }
        let listed = try await inspection.session(parked[0])
        #expect(listed.records == [[99], [100]])
        #expect(listed.headers == headers)

        mayComplete.update { $0 = true }
        let now = SystemTime().now()
        try await inspection.cancel(parked[0], now: now)
        try await inspection.requeue(parked[1], after: 0, now: now)
        try await runs.wait("the requeued run", seconds: 60) { seen in
            seen.filter { $0.id == parked[1] }.count == 2
        }
        #expect(runs.read { $0.filter { $0.id == parked[0] }.count } == 1)
        #expect(runs.read { $0.last { $0.id == parked[1] }?.records } == [[99], [100]])
        try await eventually("nothing is left", seconds: 180, every: .milliseconds(250)) {
            try await inspection.sessions().isEmpty
        }
        for worker in [first, second] {
            for status in worker.operations.partitions() {
                #expect(status.conservationDifference == 0)
            }
        }
        await first.close()
        await second.close()
        await node.close()
    }

    @Test func `an operator parks a waiting session: a dead letter until it is requeued`()
        async throws
    {
        let company = try Company(try await TestBroker.shared())
        let runs = Runs([])
        let worker = try await company.worker { session in
            runs.update { $0.append(SeenRun(session, on: "")) }
            return .complete
        }
        let node = try await company.node()
        let session = try await node.open(
            Company.kind, record: [7], lease: .seconds(600), acknowledgement: .mirrored)
        let inspection = try company.inspection
        let opened = try await inspection.session(session.id)
        let held = await #expect(throws: RepriseError.self) {
            try await inspection.park(session.id, reason: "too early", now: opened.created)
        }
        #expect(held?.code == .invalidRequest)
        let unknown = await #expect(throws: RepriseError.self) {
            try await inspection.park(SessionTrace.id(1), reason: "", now: opened.created)
        }
        #expect(unknown?.code == .notFound)

        try await session.close(retryAfter: .seconds(3_600))
        try await eventually("it waits", seconds: 60) {
            if case .waiting = worker.operations.session(session.id)?.phase { true } else { false }
        }
        try await inspection.park(session.id, reason: "by hand", now: opened.created)
        try await eventually("it is a dead letter", seconds: 60, every: .milliseconds(250)) {
            try await company.messages("dead-letters").count == 1
                && worker.operations.session(session.id) == nil
        }
        let listed = try await inspection.session(session.id)
        guard case .parked(let parking) = listed.phase else {
            Issue.record("not parked: \(listed.phase)")
            return
        }
        #expect(parking.reason == .handlerRefused)
        #expect(parking.detail == "by hand")
        #expect(listed.records == [[7]])
        #expect(runs.read { $0.isEmpty })
        // Not the time of long ago: a letter whose session may have run meanwhile is not taken away.
        try await inspection.requeue(session.id, after: 0, now: SystemTime().now())
        try await runs.wait("its run", seconds: 60) { $0.map(\.records) == [[[7]]] }
        try await eventually("nothing is left", seconds: 180, every: .milliseconds(250)) {
            try await inspection.sessions().isEmpty
        }
        for status in worker.operations.partitions() {
            #expect(status.conservationDifference == 0)
        }
        await worker.close()
        await node.close()
    }

    /// How a worker begins the second time.
    enum Restart: String, Sendable, CaseIterable { case mark, checkpoint, damagedCheckpoint }

    @Test(arguments: Restart.allCases)
    func `what is finished is trimmed, and a fresh worker rebuilds the rest`(
        restart: Restart
    ) async throws {
        let directory = try TestDirectory("checkpoints")
        let checkpoints: String? = restart == .mark ? nil : directory.path
        let company = try Company(try await TestBroker.shared()) {
            $0.topics.partitions = 1
            $0.recovery.checkpointDirectory = checkpoints
        }
        let runs = Runs([])
        let handler: @Sendable (RecoverySession) async throws -> HandlerOutcome = { session in
            runs.update { $0.append(SeenRun(session, on: "")) }
            return .complete
        }
        let first = try await company.worker("a", handler)
        let node = try await company.node()
        for number in 0..<20 {
            let session = try await node.open(
                Company.kind, record: [UInt8(number)], lease: .seconds(600))
            try await session.close(retryAfter: .zero)
        }
        try await runs.wait("all runs", seconds: 60) { $0.count == 20 }
        let admin = try KafkaAdmin(company.kafka)
        let partition = KafkaPartition(topic: "\(company.prefix).sessions", partition: 0)
        try await eventually("the topic is trimmed", seconds: 60, every: .milliseconds(250)) {
            try await admin.watermarks(of: [partition])[partition]?.low ?? 0 > 0
        }
        let late = try await node.open(Company.kind, record: [77], lease: .seconds(600))
        try await late.close(retryAfter: .seconds(3_600))
        try await eventually("the worker has it", seconds: 60) {
            first.operations.session(late.id) != nil
        }
        await first.close()
        if restart == .damagedCheckpoint {
            try TestFile.write(
                [1, 2, 3], to: "\(directory.path)/\(company.prefix).sessions-0.ckpt")
        } else if restart == .checkpoint {
            #expect(TestFile.exists("\(directory.path)/\(company.prefix).sessions-0.ckpt"))
        }
        let second = try await company.worker("a", handler)
        try await eventually("the fresh worker has it", seconds: 60) {
            second.operations.session(late.id)?.records == [[77]]
                && second.operations.partitions().allSatisfy { $0.stage == "owning" }
        }
        let status = second.operations.partitions()
        #expect(status.map(\.alive.total) == [1])
        #expect(status.allSatisfy { $0.conservationDifference == 0 })
        #expect(runs.read { $0.count } == 20, "finished work is not fired again")
        await admin.close()
        await second.close()
        await node.close()
    }

    @Test func `a topic that would eat sessions is refused, a missing one is named`() async throws {
        let broker = try await TestBroker.shared()
        let missing = try Company(broker) { $0.topics.creates = false }
        let first = await #expect(throws: RepriseError.self) {
            _ = try await missing.worker { _ in .complete }
        }
        #expect(first?.code == .topicMissing)

        let company = try Company(broker)
        let admin = try KafkaAdmin(company.kafka)
        _ = try await admin.createTopic(
            KafkaNewTopic(
                "\(company.prefix).sessions", partitions: 2,
                configuration: ["cleanup.policy": "compact"]))
        await admin.close()
        let second = await #expect(throws: RepriseError.self) {
            _ = try await company.worker { _ in .complete }
        }
        #expect(second?.code == .topicPolicy)
    }

    @Test
    func `a broker that is away for a while: local work goes on, the mirror resumes in order`()
        async throws
    {
        let broker = try await TestBroker.start()
        guard broker.isOwn else { return }
        defer { broker.stop() }
        let company = try Company(broker) { $0.kinds[Company.kind]?.lease = 600_000 }
        let node = try await company.node()
        let session = try await node.open(Company.kind, record: [0])
        try await company.mirrored(node)
        broker.pause()
        for number in 1...20 { try await session.append([UInt8(number)]) }
        #expect(node.sessions.session(session.id)?.records.count == 21)
        broker.resume()
        try await company.mirrored(node)
        let sequences = try await company.messages().compactMap { message in
            message.value?.withUnsafeBytes { EventPeek($0) }?.sequence
        }
        #expect(sequences == Array(1...21))
        await node.close()
    }
}
