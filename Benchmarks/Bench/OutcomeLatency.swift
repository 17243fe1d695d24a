import Coordination
import Kafka
import Model
import Platform
import Reprise
import Synchronization

/// From the return of `run`, which has committed, to the outcome event at a subscriber.
enum OutcomeLatency {
    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let mock = options.brokers.isEmpty ? try MockCluster() : nil
        defer { mock?.close() }
        let kafka = mock?.configuration ?? KafkaConfiguration(brokers: options.brokers)
        let prefix = "reprise-bench-\(UInt32.random(in: .min ... .max))"
        for topic in ["sessions", "dead-letters", "transactions"] {
            try mock?.createTopic("\(prefix).\(topic)")
        }
        var configuration = RepriseConfiguration(
            node: "bench",
            journal: JournalConfiguration(directory: try workspace.fresh("outcome")),
            kinds: [WholeSessions.kind: KindPolicy()], kafka: kafka)
        configuration.topics.prefix = prefix
        configuration.topics.partitions = 1
        configuration.topics.checksPolicies = mock == nil
        let resources = [InstantResource("a"), InstantResource("b")]
        let node = try await Reprise.open(
            configuration, resources: resources, logger: .quiet)
        let sink = Subscriber()
        let consumer = try KafkaConsumer(
            kafka, group: KafkaGroup(id: "\(prefix).subscriber"), sink: sink)
        sink.consumer.withLock { $0 = consumer }
        // Topics of a real broker are made when the node starts.
        while node.sessions.status().mirrored < node.sessions.status().durable {
            try await Task.sleep(for: .milliseconds(10))
        }
        try consumer.subscribe(["\(prefix).transactions"])
        var latencies: [Double] = []
        var acknowledged: [Double] = []
        for round in 0..<(options.isQuick ? 220 : 520) {
            let id = try await node.transactions.run { transaction in
                for resource in resources { _ = try await transaction.enlist(resource) }
                return transaction.id
            }
            let committed = monotonicSeconds()
            let last = node.sessions.status().durable
            while node.sessions.status().mirrored < last {
                try await Task.sleep(for: .microseconds(200))
            }
            if round >= 20 { acknowledged.append((monotonicSeconds() - committed) * 1e3) }
            let seen = try await sink.arrival(of: "\(id)")
            // Joining the group, and what comes before it is quiet.
            if round >= 20 { latencies.append((seen - committed) * 1e3) }
        }
        sink.consumer.withLock { $0 = nil }
        await consumer.close()
        await node.close()
        var table = Table(
            "Commit → outcome event at a subscriber, one at a time, ms"
                + (mock == nil ? "" : " (in-process mock)"))
        for (name, values) in [("acknowledged by Kafka", acknowledged), ("visible", latencies)] {
            table.add("\(name), p50", values.median, unit: " ms")
            table.add("  p99", values.quantile(0.99), unit: " ms")
        }
        if mock != nil {
            table.note("The mock answers an empty fetch only after half a second: see --brokers.")
        }
        table.show()
    }
}

/// Notes when the event of a transaction arrived.
private final class Subscriber: KafkaConsumerSink {
    let consumer = Mutex<KafkaConsumer?>(nil)
    private let arrivals = Mutex<[String: Double]>([:])
    private let signal = Signal()

    func handle(_ event: KafkaConsumerEvent) {
        guard let consumer = consumer.withLock({ $0 }) else { return }
        switch event {
        case .assigned(let rebalance):
            consumer.completeAssignment(
                rebalance, starts: rebalance.partitions.map { ($0, .earliest) })
        case .revoked(let rebalance): consumer.completeRevocation(rebalance)
        default: break
        }
    }

    func receive(_ batch: borrowing KafkaBatch) {
        let now = monotonicSeconds()
        batch.forEach { message in
            let id = message.key.map { String(decoding: $0, as: UTF8.self) } ?? ""
            arrivals.withLock { $0[id] = now }
        }
    }

    /// Polls: the time is taken where the message arrives.
    func arrival(of id: String) async throws -> Double {
        let begin = monotonicSeconds()
        while true {
            if let seen = arrivals.withLock({ $0.removeValue(forKey: id) }) { return seen }
            if monotonicSeconds() - begin > 60 {
                throw BenchmarkFailure(description: "no event of \(id) within 60 s")
            }
            try await Task.sleep(for: .microseconds(200))
        }
    }
}
