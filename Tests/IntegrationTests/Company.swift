import Kafka
import Logging
import Model
import Reprise
import TestSupport

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

    func worker(
        _ name: String = "worker",
        _ handler: @escaping @Sendable (RecoverySession) async throws -> HandlerOutcome
    ) async throws -> RecoveryWorker {
        try await RecoveryWorker.start(
            configuration(name), handlers: [Company.kind: ClosureHandler(handler)],
            logger: Company.logger)
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
