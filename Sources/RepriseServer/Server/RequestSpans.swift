internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import Traces

/// A span for each request of the API, within the caller's trace where it names one. Probes and scrapes
/// have none. Outside of `Boundary`, which makes an answer of every error.
struct RequestSpans: RouterMiddleware {
    let spans: Spans

    func handle(
        _ request: Request, context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let route = Route.chosen(request.method, context.endpointPath),
            route.access != .everybody, route != .metrics
        else { return try await next(request, context) }
        let span = spans.start(.api, carried: RequestReader.context(of: request))
        defer { span.end() }
        span.set(.route, route.rawValue)
        span.set(.httpRoute, route.path)
        span.set(.method, request.method.rawValue)
        do {
            let response = try await within(span) { try await next(request, context) }
            span.set(.status, Int(response.status.code))
            if response.status.code >= 500 { span.fail() }
            return response
        } catch {
            span.fail()
            throw error
        }
    }
}
