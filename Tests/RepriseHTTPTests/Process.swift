import AsyncHTTPClient
import Coordination
import Hummingbird
import HummingbirdTesting
import Logging
import Model
import NIOCore
import NIOHTTP1
import Reprise
import RepriseTestKit
import Synchronization
import TestSupport
import Testing
import Transactions

@testable import RepriseHTTP
@testable import RepriseServer

/// A node with its API and a service beside it, both on ports of their own: as a process has them.
final class Process: Sendable {
    typealias Handler = @Sendable (Process, Request) async throws -> Response

    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    static let tokenText = "a-token-between-processes"

    let name: String
    let node: Reprise
    let store: MemoryResource
    let participants: [String: HTTPParticipant]
    private let directory: TestDirectory

    init(
        _ name: String, store: MemoryResource = MemoryResource("store"),
        participants: [String: HTTPParticipant] = [:]
    ) async throws {
        let directory = try TestDirectory()
        var journal = JournalConfiguration(directory: directory.path)
        journal.segmentBytes = 4 << 20
        journal.maxBytes = 16 << 20
        var configuration = RepriseConfiguration(node: name, journal: journal, kinds: [:])
        // So that no part asks on its own while a machine is slow.
        configuration.transactions.participantPatience = 600_000
        store["k"] = "old"
        node = try await Reprise.open(
            configuration, resources: [store] + participants.values.map(\.resource),
            logger: Process.logger)
        self.name = name
        self.store = store
        self.participants = participants
        self.directory = directory
    }

    /// Runs both servers while `body` runs.
    func serve(
        _ handler: @escaping Handler,
        _ body: @escaping @Sendable (_ service: String, _ api: String) async throws -> Void
    ) async throws {
        let token = try AccessToken(Process.tokenText)
        let router = Router()
        router.add(middleware: TransactionMiddleware(node.transactions, tokens: [token]))
        for method in [HTTPRequest.Method.get, .post] {
            router.on("work", method: method) { request, _ in try await handler(self, request) }
        }
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.tokens = [
            NamedToken(name: "others", scopes: [.participate], token: token)
        ]
        let store = NodeStore(node)
        let api = try APIServer(
            store: store, operators: Operators(store, logger: Process.logger),
            configuration: configuration, registry: PrometheusRegistry(), logger: Process.logger
        ).application()
        let service = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            logger: Process.logger)
        try await service.test(.live) { serviceClient in
            try await api.test(.live) { apiClient in
                try await body(
                    "http://127.0.0.1:\(try #require(serviceClient.port))",
                    "http://127.0.0.1:\(try #require(apiClient.port))")
            }
        }
        await node.close()
    }

    func write() async throws {
        let transaction = try #require(TransactionManager.current)
        try await transaction.enlist(store).write("k", "new")
    }

    /// Posts to another process, in the current transaction.
    func post(to name: String, _ query: String = "") async throws -> HTTPClientResponse {
        try await send(.POST, to: name, query)
    }

    /// Sends a request to another process, in the current transaction.
    func send(
        _ method: HTTPMethod, to name: String, _ query: String = "", headers: HTTPHeaders = [:]
    ) async throws -> HTTPClientResponse {
        let transaction = try #require(TransactionManager.current)
        let other = try #require(participants[name])
        var request = HTTPClientRequest(url: other.serviceAddress + "/work" + query)
        request.method = method
        request.headers = headers
        return try await other.execute(request, in: transaction, timeout: 120_000)
    }
}
