import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Model
import Reprise
import ServiceLifecycle
import Testing

@testable import RepriseServer

@Suite struct ServerTests {
    @Test func healthTellsOfEachPart() async throws {
        try await API.withServer { (api) async throws in
            let live = try await api.get("/health/live")
            #expect(live.text == #"{"status":"alive"}"#)
            let ready = try await api.get("/health/ready")
            #expect(ready.status == .ok)
            #expect(ready.json?["status"]?.string == "ready")
            api.store.setReady(false)
            let not = try await api.get("/health/ready")
            #expect(not.status == .serviceUnavailable)
            #expect(not.json?["status"]?.string == "notReady")
            let part = not.json?["parts"]?.array?.last
            #expect(part?["name"]?.string == "kafka")
            #expect(part?["ready"]?.boolean == false)
            #expect(part?["detail"]?.string == "no broker answers")
            #expect(try await api.get("/health/live").status == .ok)
        }
    }

    @Test func metricsCountRequestsByRoute() async throws {
        let registry = PrometheusRegistry()
        let metric = MetricDefinition("reprise_sessions", .gauge, ["phase"], in: .all, "")
        registry.collect { [MetricSample(metric, ["open"], 3)] }
        try await API.withServer(registry: registry) { (api) async throws in
            let path = try await api.open()
            _ = try await api.get(path)
            _ = try await api.get("/nothing/there")
            _ = try await api.post("/v1/sessions", "{")
            let reply = try await api.get("/metrics")
            #expect(reply.headers[.contentType] == PrometheusRegistry.contentType)
            let lines = reply.text.split(separator: "\n")
            for line in [
                #"reprise_http_requests_total{route="open",status="2xx"} 1"#,
                #"reprise_http_requests_total{route="open",status="4xx"} 1"#,
                #"reprise_http_requests_total{route="get",status="2xx"} 1"#,
                #"reprise_http_requests_total{route="other",status="4xx"} 1"#,
                #"reprise_http_request_duration_seconds_count{route="open"} 2"#,
                #"reprise_sessions{phase="open"} 3"#,
            ] {
                #expect(lines.contains { $0 == line }, "\(line)")
            }
            #expect(!reply.text.contains(path), "a session's id is no label")
        }
    }

    @Test func worksOverARealConnection() async throws {
        try await API.withServer(live: true) { (api) async throws in
            let path = try await api.open()
            #expect(try await api.post("\(path)/complete").status == .ok)
            #expect(try await api.get(path).status == .notFound)
        }
    }

    @Test func stopsWhenItIsTold() async throws {
        var configuration = ServerConfiguration()
        configuration.port = 0
        let (ports, running) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let store = MemoryStore()
        let server = try APIServer(
            store: store, operators: Operators(store, logger: logger),
            configuration: configuration, registry: PrometheusRegistry(), logger: logger,
            onRunning: { running.yield($0) })
        let group = ServiceGroup(services: [server], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = await ports.first { _ in true }
            #expect(port ?? 0 > 0)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func anAddressThatIsTakenIsAConfigurationError() async throws {
        try await API.withServer(live: true) { _ in
            var configuration = ServerConfiguration()
            // An address of a documentation network: no machine has it.
            configuration.host = "192.0.2.1"
            configuration.token = try AccessToken("correct-horse-battery-staple")
            let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            let store = MemoryStore()
            let server = try APIServer(
                store: store, operators: Operators(store, logger: logger),
                configuration: configuration, registry: PrometheusRegistry(), logger: logger)
            let error = await #expect(throws: RepriseError.self) { try await server.run() }
            #expect(error?.code == .configuration)
            #expect(error?.message.contains("192.0.2.1:7171") == true)
        }
    }
}
