import AsyncHTTPClient
import Kafka
import Logging
import Model
import NIOCore
import Reprise
import RepriseServer
import ServiceLifecycle
import TestSupport
import Testing

/// Nodes and workers show exactly the metrics that are written down, with exactly their labels.
@Suite struct MetricsTests {
    private static let kind = Kind(unchecked: "user.create")
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private func configuration(
        _ directory: TestDirectory, _ name: String, _ cluster: MockCluster? = nil
    ) -> RepriseConfiguration {
        var journal = JournalConfiguration(directory: "\(directory.path)/\(name)")
        journal.segmentBytes = 4 << 20
        var configuration = RepriseConfiguration(
            node: name, journal: journal, kinds: [Self.kind: KindPolicy()],
            kafka: cluster?.configuration)
        configuration.topics.partitions = 2
        configuration.topics.checksPolicies = false
        configuration.recovery.trims = false
        return configuration
    }

    @Test func aNodeWithoutKafkaShowsItsMetrics() async throws {
        let directory = try TestDirectory("metrics")
        let node = try await Reprise.open(
            configuration(directory, "node"),
            handlers: [Self.kind: ClosureHandler { _ in .complete }], logger: Self.logger)
        _ = try await node.open(Self.kind)
        let shown = try await scrape(NodeStore(node)) { node.sessions.samples() }
        await node.close()
        check(shown, .standalone)
    }

    @Test func aNodeWithKafkaAndAWorkerShowTheirMetrics() async throws {
        let cluster = try MockCluster(brokers: 1)
        defer { cluster.close() }
        try cluster.createTopic("reprise.sessions", partitions: 2)
        try cluster.createTopic("reprise.dead-letters", partitions: 2)
        try cluster.createTopic("reprise.transactions", partitions: 2)
        let directory = try TestDirectory("metrics")
        let node = try await Reprise.open(
            configuration(directory, "node", cluster), logger: Self.logger)
        let worker = try await RecoveryWorker.start(
            configuration(directory, "worker", cluster),
            handlers: [Self.kind: ClosureHandler { _ in .complete }], logger: Self.logger)
        let session = try await node.open(Self.kind)
        try await session.close(retryAfter: .zero)
        // Until then no partition is there to be a label.
        try await eventually("a run") {
            worker.operations.recovery().kinds.contains { $0.runs?.started == 1 }
        }
        let mirrored = try await scrape(NodeStore(node)) { node.sessions.samples() }
        let inspection = try GroupInspection(
            configuration(directory, "worker", cluster), logger: Self.logger)
        let group = try await scrape(WorkerStore(worker, group: inspection)) {
            worker.operations.samples()
        }
        await worker.close()
        await node.close()
        check(mirrored, .mirrored)
        check(group, .worker)
        #expect(
            group.lines.contains(
                #"reprise_attempts_total{kind="user.create",outcome="complete"} 1"#)
                || group.lines.contains(#"reprise_attempts_started_total{kind="user.create"} 1"#))
    }

    private struct Shown {
        var lines: [String]

        /// Names with the names of their labels.
        var metrics: [String: Set<Set<String>>] {
            var found: [String: Set<Set<String>>] = [:]
            for line in lines where !line.hasPrefix("#") {
                let series = line.prefix { $0 != " " && $0 != "{" }
                var name = String(series)
                var labels: Set<String> = []
                if line.contains("{"), let end = line.lastIndex(of: "}") {
                    let inside = line[line.index(after: line.firstIndex(of: "{") ?? end)..<end]
                    for pair in inside.split(separator: ",") {
                        labels.insert(String(pair.prefix { $0 != "=" }))
                    }
                }
                if !types.keys.contains(name) {
                    for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
                        name.removeLast(suffix.count)
                    }
                }
                labels.remove("le")
                found[name, default: []].insert(labels)
            }
            return found
        }

        var types: [String: String] {
            var found: [String: String] = [:]
            for line in lines where line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ").map(String.init)
                found[words[2]] = words[3]
            }
            return found
        }
    }

    private func check(_ shown: Shown, _ place: MetricDefinition.Places) {
        let wanted = (RepriseMetrics.all + ServerMetrics.all).filter {
            $0.places.contains(place)
        }
        let (types, metrics) = (shown.types, shown.metrics)
        #expect(Set(types.keys) == Set(wanted.map(\.name)))
        for metric in wanted {
            #expect(types[metric.name] == metric.form.rawValue, "\(metric.name)")
            #expect(metrics[metric.name] == [Set(metric.labels)], "\(metric.name)")
            #expect(shown.lines.contains("# HELP \(metric.name) \(metric.help)"))
        }
        #expect(shown.lines.contains("reprise_conservation_difference 0"))
    }

    /// What the process answers over HTTP.
    private func scrape(
        _ store: some SessionStore & OperatorStore,
        _ samples: @escaping @Sendable () -> [MetricSample]
    ) async throws -> Shown {
        var configuration = ServerConfiguration()
        configuration.port = 0
        let registry = PrometheusRegistry()
        registry.collect(samples)
        let (ports, running) = AsyncStream<Int>.makeStream()
        let server = try APIServer(
            store: store, operators: Operators(store, logger: Self.logger),
            configuration: configuration, registry: registry, logger: Self.logger,
            onRunning: { running.yield($0) })
        let group = ServiceGroup(services: [server], logger: Self.logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = await ports.first { _ in true } ?? 0
            let answer = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: "http://127.0.0.1:\(port)/metrics"), timeout: .seconds(60))
            let body = try await answer.body.collect(upTo: 4 << 20)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return Shown(
                lines: String(buffer: body).split(separator: "\n").map(String.init))
        }
    }
}
