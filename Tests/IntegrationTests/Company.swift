import Kafka
import Logging
import Model
import Recovery
import Reprise
import Sessions
import TestSupport
import Testing

/// Nodes and workers of one company: a broker, its topics, and short times.
struct Company: Sendable {
    static let kind = Kind(unchecked: "user.create")
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    let kafka: KafkaConfiguration
    /// Names that nobody else uses on a shared broker.
    let prefix: String
    let directory: TestDirectory
    var partitions: Int32 = 2
    var isMock = false
    var change: @Sendable (inout RepriseConfiguration) -> Void = { _ in }

    /// Over the mock: topics are made by hand, policies and trimming are beyond it.
    init(
        _ cluster: MockCluster, partitions: Int32 = 2,
        change: @escaping @Sendable (inout RepriseConfiguration) -> Void = { _ in }
    ) throws {
        kafka = cluster.configuration
        prefix = "reprise"
        directory = try TestDirectory("mock")
        self.partitions = partitions
        self.change = change
        isMock = true
        try cluster.createTopic("reprise.sessions", partitions: Int(partitions))
        try cluster.createTopic("reprise.dead-letters", partitions: 1)
    }

    /// Another process's mock, whose topics are there.
    init(
        brokers: [String], change: @escaping @Sendable (inout RepriseConfiguration) -> Void
    ) throws {
        kafka = KafkaConfiguration(brokers: brokers)
        prefix = "reprise"
        directory = try TestDirectory("mock")
        self.change = change
        isMock = true
    }

    init(
        _ broker: TestBroker,
        change: @escaping @Sendable (inout RepriseConfiguration) -> Void = { _ in }
    ) throws {
        kafka = broker.configuration
        prefix = TestBroker.unique("company")
        directory = try TestDirectory("broker")
        self.change = change
    }

    func configuration(_ name: String) -> RepriseConfiguration {
        var policy = KindPolicy()
        policy.lease = 2_000
        policy.handlerTimeout = 20_000
        policy.retry.firstDelay = 0
        policy.retry.jitter = 0
        policy.retry.maxAttempts = 5
        policy.breaker.failures = 0
        var journal = JournalConfiguration(directory: "\(directory.path)/\(name)")
        journal.segmentBytes = 4 << 20
        var configuration = RepriseConfiguration(
            node: name, journal: journal, kinds: [Company.kind: policy], kafka: kafka)
        configuration.topics.prefix = prefix
        configuration.topics.partitions = partitions
        configuration.recovery.group = "\(prefix).recovery"
        configuration.recovery.clockAllowance = 50
        configuration.recovery.markInterval = 200
        configuration.recovery.drainTimeout = 2_000
        configuration.recovery.sessionTimeout = 10_000
        if isMock {
            configuration.topics.checksPolicies = false
            configuration.recovery.trims = false
        } else {
            configuration.recovery.assignor = .range
        }
        change(&configuration)
        return configuration
    }

    func node(_ name: String = "node") async throws -> Reprise {
        try await Reprise.open(configuration(name), logger: Company.logger)
    }

    /// Opens sessions that are the group's at once, however slow the machine is.
    @discardableResult
    func abandon(
        _ count: Int = 1, record: [UInt8], on node: Reprise
    ) async throws -> [SessionID] {
        var ids: [SessionID] = []
        for _ in 0..<count {
            let session = try await node.open(Company.kind, record: record, lease: .seconds(600))
            try await session.close(retryAfter: .zero)
            ids.append(session.id)
        }
        return ids
    }

    func worker(
        _ name: String = "worker",
        _ handler: @escaping @Sendable (RecoverySession) async throws -> HandlerOutcome
    ) async throws -> RecoveryWorker {
        try await RecoveryWorker.start(
            configuration(name), handlers: [Company.kind: ClosureHandler(handler)],
            logger: Company.logger)
    }

    /// As `worker`, for a process of its own: where it throws the process ends with another signal than
    /// the test waits for, so a machine that is too busy to connect is asked again.
    func patientWorker(
        _ name: String,
        _ handler: @escaping @Sendable (RecoverySession) async throws -> HandlerOutcome
    ) async throws -> RecoveryWorker {
        for _ in 0..<8 {
            do {
                return try await worker(name, handler)
            } catch let error as RepriseError
                where error.code == .kafkaUnreachable || error.code == .kafkaTimeout
            {
                continue
            }
        }
        return try await worker(name, handler)
    }

    var inspection: GroupInspection {
        get throws { try GroupInspection(configuration("inspector"), logger: Company.logger) }
    }

    /// The sessions topic as it lies there.
    func messages(_ topic: String = "sessions") async throws -> [SeenMessage] {
        let found = Probe<[SeenMessage]>([])
        let reader = KafkaReader(kafka, logger: Company.logger)
        _ = try await reader.read(topic: "\(prefix).\(topic)") { batch in
            batch.forEach { message in
                let seen = SeenMessage(message)
                found.update { $0.append(seen) }
            }
            return true
        }
        return found.read { $0 }
    }

    /// What the log has of one session, in its order.
    func events(of id: SessionID) async throws -> [Event] {
        try await messages().flatMap { message -> [Event] in
            guard let value = message.value else { return [] }
            let isBatch = message.headers.contains {
                $0.name == "reprise-type" && $0.value == Array("batch".utf8)
            }
            guard isBatch else { return [try Event(decoding: value)] }
            var events: [Event] = []
            value.withUnsafeBytes { bytes in
                // What is not whole is left out, and missed by the test.
                try? EventBatch.forEach(in: bytes) { _, event in
                    if let event = try? Event(decoding: event) { events.append(event) }
                }
            }
            return events
        }.filter { $0.session == id }
    }

    /// Puts events of one session into the log, from a writer that nobody knows.
    func send(
        _ bodies: [Event.Body], of id: SessionID, in partition: UInt32,
        from writer: Writer = Writer(node: "stranger", incarnation: 1)
    ) async throws {
        let place = KafkaPartition(topic: "\(prefix).sessions", partition: Int32(partition))
        let sender = try KafkaSender(kafka, logger: Company.logger)
        let records = bodies.map { body in
            let event = Event(
                session: id, sequence: id == Event.noSession ? 0 : 100, partition: partition,
                body: body)
            return KafkaRecord(
                place, key: Array("\(id)".utf8), value: event.encoded,
                headers: [
                    KafkaHeader("reprise-type", Array((body.type?.wireName ?? "").utf8)),
                    KafkaHeader("reprise-writer", Array(writer.text.utf8)),
                ])
        }
        let reports = try await sender.send(records)
        await sender.close()
        #expect(reports.allSatisfy { $0.isDelivered })
    }

    /// A fold of each partition from the log's first message: what counts, whoever asks. A worker's
    /// own counters begin at a mark and leave out what was unfinished there. Without trimming only.
    func fold() async throws -> [SessionTable] {
        let view = GroupView(
            options: GroupView.Options(
                kafka: kafka, group: TestBroker.unique("nobody"),
                sessionsTopic: "\(prefix).sessions", deadLettersTopic: "\(prefix).dead-letters"),
            logger: Company.logger)
        return Array(try await view.picture().tables.values)
    }

    /// Waits until the log says that so many sessions were opened and completed, and that nothing is
    /// left.
    func settled(completed: Int, seconds: Double = 90) async throws {
        let last = Probe<[SessionTable]>([])
        do {
            try await eventually(
                "\(completed) sessions are completed", seconds: seconds, every: .milliseconds(250)
            ) {
                let tables = try await fold()
                last.update { $0 = tables }
                return tables.reduce(0) { $0 + Int($1.totals.completed) } == completed
                    && tables.allSatisfy { $0.alive.total == 0 }
            }
        } catch {
            Issue.record("\(error): \(last.read { $0.map { ($0.totals, $0.alive, $0.ignored) } })")
            for session in last.read({ $0.flatMap { Array($0.sessions.values) } }) {
                let history = try await events(of: session.id).map(\.body)
                Issue.record("left: \(session.id), \(session.phase): \(history)")
            }
        }
        let tables = last.read { $0 }
        #expect(tables.reduce(0) { $0 + Int($1.totals.opened) } == completed)
        #expect(tables.allSatisfy { $0.conservationDifference == 0 })
    }

    /// Waits until Kafka has all that the node wrote.
    func mirrored(_ node: Reprise) async throws {
        let last = node.sessions.status().durable
        try await eventually("Kafka has \(last)") { node.sessions.status().mirrored >= last }
    }
}

/// Runs as handlers saw them.
struct SeenRun: Sendable, Hashable {
    var id: SessionID
    var attempt: UInt32
    var token: Position
    var worker: String
    var records: [[UInt8]]

    init(_ session: RecoverySession, on worker: String) {
        id = session.id
        attempt = session.attempt
        token = session.token
        records = session.records
        self.worker = worker
    }
}
