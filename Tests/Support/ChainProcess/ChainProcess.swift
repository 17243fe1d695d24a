import AsyncHTTPClient
import Coordination
import Hummingbird
import Logging
import Model
import NIOCore
import NIOHTTP1
import Reprise
import RepriseHTTP
import ReprisePostgres
import RepriseServer
import ServiceLifecycle
import Transactions
import UnixSignals

/// A node with its API, a table in PostgreSQL, and a service that writes into it and calls the next one.
struct ChainProcess {
    private let setting: Setting
    private let logger: Logger

    init(_ setting: Setting, logger: Logger) {
        self.setting = setting
        self.logger = logger
    }

    func run() async throws {
        let client = HTTPParticipant.makeClient()
        let token = try AccessToken("a-token-between-processes")
        let database = Mortal(
            database: try PostgresResource(
                name: "table", connection: PostgresConnectionString(setting.connection)),
            death: setting.death)
        let next = try setting.next.map { next in
            try HTTPParticipant(
                .init(
                    name: "next", service: next.service, api: next.api, token: token,
                    coordinator: setting.name),
                client: client)
        }
        let resources = [database] + (next.map { [$0.resource] } ?? []) as [any TransactionResource]
        let node = try await Reprise.open(configuration, resources: resources, logger: logger)
        if let superior = setting.superior {
            node.transactions.participants.connect(
                try HTTPCoordinators(
                    [.init(name: superior.name, api: superior.api, token: token)],
                    timeout: 2_000, client: client))
        }
        let service = Application(
            router: router(node, database, next, token),
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: setting.servicePort)),
            logger: logger)
        try await ServiceGroup(
            services: [try api(node, token), service], gracefulShutdownSignals: [.sigterm],
            logger: logger
        ).run()
        await node.close()
        try await client.shutdown()
    }

    private var configuration: RepriseConfiguration {
        var journal = JournalConfiguration(directory: setting.directory)
        journal.segmentBytes = 4 << 20
        journal.maxBytes = 64 << 20
        var configuration = RepriseConfiguration(node: setting.name, journal: journal, kinds: [:])
        configuration.transactions.participantPatience = 300
        configuration.transactions.recoveryInterval = 1_000
        configuration.transactions.retry.maxDelay = 500
        return configuration
    }

    private func api(_ node: Reprise, _ token: AccessToken) throws -> APIServer<NodeStore> {
        var configuration = ServerConfiguration()
        configuration.port = setting.apiPort
        configuration.tokens = [NamedToken(name: "others", scopes: [.participate], token: token)]
        let store = NodeStore(node)
        return try APIServer(
            store: store, operators: Operators(store, logger: logger),
            configuration: configuration, registry: PrometheusRegistry(), logger: logger)
    }

    /// `POST /work/KEY` writes the key, here and in the next process, in one transaction. `GET /left` says how
    /// many transactions are unfinished.
    private func router(
        _ node: Reprise, _ database: Mortal, _ next: HTTPParticipant?, _ token: AccessToken
    ) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("left") { _, _ in "\(node.transactions.list().count)" }
        let name = setting.name
        router.group().add(middleware: Telling()).add(
            middleware: TransactionMiddleware(node.transactions, tokens: [token])
        ).post("work/:key") { _, context -> Response in
            let key = try context.parameters.require("key")
            guard let transaction = TransactionManager.current else {
                return Response(status: .internalServerError)
            }
            try await transaction.enlist(database).branch.query(
                "INSERT INTO entries (key, value) VALUES ($1, 'new')", ["\(name)-\(key)"])
            guard let next else { return Response(status: .ok) }
            var request = HTTPClientRequest(url: "\(next.serviceAddress)/work/\(key)")
            request.method = .POST
            let answer = try await next.execute(request, in: transaction, timeout: 10_000)
            return Response(status: .init(code: Int(answer.status.code)))
        }
        return router
    }
}

/// Answers an error with its code.
private struct Telling: RouterMiddleware {
    func handle(
        _ request: Request, context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as RepriseError {
            return Response(
                status: .conflict,
                body: ResponseBody(byteBuffer: ByteBuffer(string: error.code.rawValue)))
        }
    }
}
