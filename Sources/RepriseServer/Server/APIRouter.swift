internal import HTTPTypes
internal import Hummingbird
internal import Metrics
internal import Model

/// The router of the API: one handler for each `Route`.
struct APIRouter<Store: SessionStore>: Sendable {
    let store: Store
    let configuration: ServerConfiguration
    let registry: PrometheusRegistry

    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(
            middleware: Boundary(
                gatekeeper: Gatekeeper(token: configuration.token),
                metrics: APIMetrics(factory: registry)))
        for route in Route.allCases {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await respond(to: request, route, id: context.parameters.get("id")?[...])
            }
        }
        return router
    }

    private func respond(
        to request: Request, _ route: Route, id: Substring?
    ) async throws -> Response {
        switch route {
        case .live:
            return Response(
                status: .ok, json: JSONWriter.object { $0.member("status", "alive") })
        case .ready: return await readiness()
        case .metrics: return await exposition()
        case .list:
            let page = try await store.list(try RequestReader.filter(of: request))
            return Response(status: .ok, json: SessionJSON.page(page))
        case .batch:
            let fields = try await RequestReader.fields(
                of: request, limit: configuration.maxBatchBytes)
            let batch = try Batch(fields, trace: RequestReader.trace(of: request))
            return Response(status: .ok, json: BatchJSON.results(await batch.run(on: store)))
        case .open, .append, .replace, .extend, .complete, .close, .get, .requeue, .cancel, .park:
            let reader = try RequestReader.reader(of: request, id: id)
            let fields = try await RequestReader.fields(
                of: request, limit: configuration.maxBodyBytes)
            let answer = try await reader.read(route, fields).run(on: store)
            return Response(status: .init(code: answer.code), json: answer.body)
        }
    }

    private func readiness() async -> Response {
        let health = await store.health()
        let body = JSONWriter.object { writer in
            writer.member("status", health.isReady ? "ready" : "notReady")
            writer.name("parts")
            writer.array(health.parts) { writer, part in
                writer.object { writer in
                    writer.member("name", part.name)
                    writer.member("ready", part.isReady)
                    writer.member("detail", part.detail)
                }
            }
        }
        return Response(status: health.isReady ? .ok : .serviceUnavailable, json: body)
    }

    private func exposition() async -> Response {
        var headers = HTTPFields()
        headers[.contentType] = PrometheusRegistry.contentType
        let text = registry.exposition()
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
