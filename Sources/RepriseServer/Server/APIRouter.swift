internal import HTTPTypes
internal import Hummingbird
internal import Metrics
internal import Model
internal import Traces

/// The router of the API: one handler for each `Route`.
struct APIRouter<Store: SessionStore>: Sendable {
    let store: Store
    let operators: Operators
    let configuration: ServerConfiguration
    let registry: PrometheusRegistry
    let gatekeeper: Gatekeeper

    func router() -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: Console())
        if let spans = Spans.found { router.add(middleware: RequestSpans(spans: spans)) }
        router.add(
            middleware: Boundary(
                gatekeeper: gatekeeper,
                limiter: RateLimiter(perSecond: configuration.ratePerSecond),
                metrics: APIMetrics(factory: registry)))
        for route in Route.allCases {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                // A path has one name in braces at most.
                let name = ["id", "kind"].compactMap { context.parameters.get($0) }.first?[...]
                return try await respond(to: request, route, name: name, context)
            }
        }
        return router
    }

    private func respond(
        to request: Request, _ route: Route, name: Substring?, _ context: APIContext
    ) async throws -> Response {
        switch route {
        case .live:
            return try Response(status: .ok, json: ["status": "alive"])
        case .ready: return try await readiness()
        case .metrics: return await exposition()
        case .list:
            let page = try await store.list(try QueryReader.filter(of: request.uri.queryParameters))
            return try Response(status: .ok, json: PageBody(page))
        case .batch:
            let text = try await RequestReader.json(
                of: request, limit: configuration.maxBatchBytes)
            let batch = try Batch(parsing: text, trace: RequestReader.trace(of: request))
            let results = await batch.run(on: store, for: context.caller, context.logger)
            return try Response(status: .ok, json: BatchBody(results: results))
        case .get: return try await detail(name)
        case .status, .history, .kinds, .pauseKind, .resumeKind, .partitions, .reload:
            return try await operate(route, request, name: name, caller: context.caller.name)
        case .deadLetters, .deadLetter, .requeueDeadLetter, .cancelDeadLetter,
            .requeueDeadLetters, .requeueBatches, .requeueBatch, .cancelBatch:
            return try await deadLetters(route, request, name: name, caller: context.caller.name)
        case .listTransactions, .showTransaction, .resolveTransaction, .forgetTransaction:
            let routes = try TransactionRoutes(
                store.transactions, maxBodyBytes: configuration.maxBodyBytes)
            return try await routes.respond(to: request, route, id: name)
        case .preparePart, .commitPartInOnePhase, .commitPart, .rollBackPart, .endPart, .listParts,
            .askDecision:
            let routes = try ParticipantRoutes(
                store.participation, maxBodyBytes: configuration.maxBodyBytes)
            return try await routes.respond(to: request, route)
        case .open, .append, .replace, .extend, .complete, .close, .requeue, .cancel, .park:
            let reader = try RequestReader.reader(of: request, id: name)
            let text = try await RequestReader.json(
                of: request, limit: configuration.maxBodyBytes)
            let operation = try reader.read(route, text)
            try context.caller.check(operation)
            let answer = try await operation.run(on: store)
            return try Response(status: .init(code: answer.status), json: answer.body)
        }
    }

    private func readiness() async throws -> Response {
        let health = await store.health()
        return try Response(
            status: health.isReady ? .ok : .serviceUnavailable, json: HealthBody(health))
    }

    private func exposition() async -> Response {
        var headers = HTTPFields()
        headers[.contentType] = PrometheusRegistry.contentType
        let text = registry.exposition()
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

struct HealthBody: Encodable {
    var status: String
    var parts: [Part]

    struct Part: Encodable {
        var name: String
        var ready: Bool
        var detail: String
    }

    init(_ health: StoreHealth) {
        status = health.isReady ? "ready" : "notReady"
        parts = health.parts.map { Part(name: $0.name, ready: $0.isReady, detail: $0.detail) }
    }
}
