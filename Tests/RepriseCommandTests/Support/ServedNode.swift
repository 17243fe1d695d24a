import Foundation
import Logging
import Model
import Reprise
import RepriseServer
import ServiceLifecycle
import Sessions
import TestSupport

/// A standalone node in this process with its HTTP API on a port of its own. Its handler completes
/// what has "good" as its last record, and parks the rest.
struct ServedNode: Sendable {
    struct NotServed: Error {}

    static let kind = Kind(unchecked: "user.create")
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    let url: String
    let reprise: Reprise
    let directory: TestDirectory

    struct Picky: RecoveryHandler {
        func recover(_ session: RecoverySession) async throws -> HandlerOutcome {
            session.records.last == Array("good".utf8)
                ? .complete : .park(reason: "This is not good.")
        }
    }

    static func with(
        token: AccessToken? = nil, tls: TLSFiles? = nil, ratePerSecond: Int = 0,
        _ body: @Sendable (ServedNode) async throws -> Void
    ) async throws {
        let directory = try TestDirectory("served")
        var configuration = RepriseConfiguration(
            node: "node-1", journal: JournalConfiguration(directory: directory.path + "/journal"),
            kinds: [kind: KindPolicy(), Kind(unchecked: "order"): KindPolicy()])
        configuration.journal.segmentBytes = 4 << 20
        let reprise = try await Reprise.open(
            configuration, handlers: [kind: Picky()], logger: logger)
        var server = ServerConfiguration()
        server.port = 0
        server.token = token
        server.tls = tls
        server.ratePerSecond = ratePerSecond
        let store = NodeStore(reprise, name: configuration.node)
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let api = try APIServer(
            store: store, operators: Operators(store, logger: logger), configuration: server,
            registry: PrometheusRegistry(), logger: logger
        ) { continuation.yield($0) }
        let group = ServiceGroup(services: [reprise, api], logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            let port = await ports.first { _ in true }
            do {
                guard let port else { throw NotServed() }
                try await body(
                    ServedNode(
                        url: tls == nil ? "http://127.0.0.1:\(port)" : "https://localhost:\(port)",
                        reprise: reprise, directory: directory))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Runs `reprise` with `--url`.
    func run(_ arguments: String...) async -> Ran {
        await Ran.reprise(arguments + ["--url", url])
    }

    /// Leaves sessions with these records to the handler; gives the ids of those that it parks.
    func park(_ records: [String]) async throws -> [SessionID] {
        var ids: [SessionID] = []
        for record in records {
            let session = try await reprise.open(Self.kind, record: Array(record.utf8))
            ids.append(session.id)
            try await session.close(retryAfter: .zero)
        }
        let reprise = reprise
        let count = ids.count
        try await eventually("\(count) are parked", seconds: 120) {
            reprise.sessions.status().alive.parked >= count
        }
        return ids
    }
}
