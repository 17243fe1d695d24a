import Kafka
import Logging
import Model
import Reprise
import RepriseTestKit
import TestSupport
import Testing

/// Nodes whose transactions are told on a broker, in both forms.
struct Downstream {
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    static let kind = Kind(unchecked: "email.welcome")
    static let headers = [
        Header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        Header("tracestate", "vendor=value"), Header("reprise-causation", "order-4711"),
    ]

    let kafka: KafkaConfiguration
    let prefix = TestBroker.unique("downstream")
    let directory: TestDirectory

    var topic: String { "\(prefix).transactions" }

    init() async throws {
        kafka = try await TestBroker.shared().configuration
        directory = try TestDirectory("downstream")
    }

    /// One partition, so that what comes last is read last.
    func configuration(_ form: TopicSettings.OutcomeFormat) -> RepriseConfiguration {
        let name = form.rawValue
        var policy = KindPolicy()
        policy.retry.firstDelay = 0
        policy.retry.jitter = 0
        var configuration = RepriseConfiguration(
            node: name, journal: JournalConfiguration(directory: "\(directory.path)/\(name)"),
            kinds: [Self.kind: policy], kafka: kafka)
        configuration.journal.segmentBytes = 4 << 20
        configuration.topics.prefix = prefix
        configuration.topics.partitions = 1
        configuration.topics.outcomes = form
        configuration.recovery.group = "\(prefix).recovery"
        configuration.recovery.clockAllowance = 50
        configuration.recovery.assignor = .range
        return configuration
    }

    struct Node {
        let reprise: Reprise
        let resources: [MemoryResource]

        struct Refused: Error {}

        /// Gives the line that a consumer prints.
        func transfer(
            commits: Bool = true, _ work: @Sendable (Transaction) throws -> Void = { _ in }
        ) async throws -> String {
            let id = Probe("")
            do {
                try await reprise.transactions.run { transaction in
                    id.update { $0 = "\(transaction.id)" }
                    try transaction.setHeaders(Downstream.headers)
                    for resource in resources {
                        try await transaction.enlist(resource).write("balance", "1")
                    }
                    try work(transaction)
                    if !commits { throw Refused() }
                }
            } catch is Refused {}
            let headers = Downstream.headers.map { "\($0.name)=\($0.value)" }
            return
                ([commits ? "committed" : "rolledBack", id.read { $0 }, "accounts,ledger"]
                + headers).joined(separator: " ")
        }
    }

    func node(_ form: TopicSettings.OutcomeFormat) async throws -> Node {
        let resources = [MemoryResource("accounts"), MemoryResource("ledger")]
        let reprise = try await Reprise.open(
            configuration(form), resources: resources, logger: Self.logger)
        return Node(reprise: reprise, resources: resources)
    }

    /// One of the topics, once so many messages are there.
    func messages(_ count: Int, in topic: String = "transactions") async throws -> [SeenMessage] {
        let found = Probe<[SeenMessage]>([])
        let reader = KafkaReader(kafka, logger: Self.logger)
        try await eventually("\(count) \(topic)", seconds: 120, every: .milliseconds(100)) {
            found.update { $0 = [] }
            do throws(RepriseError) {
                _ = try await reader.read(topic: "\(prefix).\(topic)") { batch in
                    batch.forEach { message in
                        let seen = SeenMessage(message)
                        found.update { $0.append(seen) }
                    }
                    return true
                }
            } catch {
                // The node makes its topics when it has time to.
                guard error.code == .topicMissing else { throw error }
            }
            return found.read { $0.count } >= count
        }
        return found.read { $0 }
    }

    /// Sends messages once more, as they are.
    func send(_ messages: [SeenMessage]) async throws {
        let sender = try KafkaSender(kafka, logger: Self.logger)
        let reports = try await sender.send(
            messages.map { message in
                KafkaRecord(
                    KafkaPartition(topic: topic, partition: message.partition), key: message.key,
                    value: message.value, headers: message.headers)
            })
        await sender.close()
        #expect(reports.allSatisfy { $0.isDelivered })
    }
}
