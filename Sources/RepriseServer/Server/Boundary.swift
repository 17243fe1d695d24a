internal import Platform
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Model
internal import NIOHTTP1

/// The outermost layer: lets in or refuses, and turns every error into the API's JSON.
struct Boundary: RouterMiddleware {
    let gatekeeper: Gatekeeper
    let limiter: RateLimiter
    let metrics: APIMetrics

    func handle(
        _ request: Request, context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let route = Route.chosen(request.method, context.endpointPath)
        var context = context
        var response: Response
        do {
            // What is no route at all is not told to strangers either.
            if route?.access != .everybody {
                context.caller = try gatekeeper.check(request.head)
                try limit(context.caller)
            }
            if let route { try context.caller.check(route.access) }
            response = try await next(request, context)
        } catch let error as HTTPParserError {
            // The connection cannot be understood any more; the server answers 400 and closes it.
            throw error
        } catch {
            let refusal = Boundary.refusal(for: error, request)
            if refusal.error.code == .internalDefect {
                context.logger.report(
                    .error, .internalDefect, "a request failed for an unforeseen reason",
                    metadata: ["http.path": "\(request.uri.path)", "error": "\(error)"])
            }
            response = try Response(refusal)
        }
        Boundary.harden(&response.headers)
        // Whoever asks for the head alone takes what comes after it for the next answer.
        if request.method == .head { response.body = ResponseBody() }
        if route?.access == .anyOf([.operate]) {
            note(route, context, status: response.status)
        }
        metrics.note(
            request.method, context.endpointPath, status: response.status,
            took: ContinuousClock.now - start)
        return response
    }

    /// Probes are not counted: they must answer under load as well.
    private func limit(_ caller: Caller) throws {
        guard let delay = limiter.delay(for: caller.name) else { return }
        var refusal = Refusal(
            RepriseError(
                .tooManyRequests,
                "\"\(caller.name)\" has sent more requests than server.ratePerSecond allows. Wait "
                    + "as long as Retry-After says, or send a batch."))
        refusal.headers[.retryAfter] = "\(max(1, delay.components.seconds))"
        throw refusal
    }

    /// Who did what to other people's sessions is written down, and so is who tried.
    private func note(_ route: Route?, _ context: APIContext, status: HTTPResponse.Status) {
        let id = context.parameters.get("id").flatMap { SessionID(text: $0) }
        OperatorLog.note(
            route?.rawValue ?? "", session: id, by: context.caller, status: status.code,
            to: context.logger)
    }

    /// No answer of the API is a page to be framed, kept or guessed at by a browser.
    private static func harden(_ headers: inout HTTPFields) {
        for (name, value) in standing where headers[name] == nil { headers[name] = value }
    }

    private static let standing: [(HTTPField.Name, String)] = [
        (.xContentTypeOptions, "nosniff"), (.cacheControl, "no-store"),
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
    ]

    private static func refusal(for error: any Error, _ request: Request) -> Refusal {
        switch error {
        case let refusal as Refusal: return refusal
        case let error as RepriseError:
            var refusal = Refusal(error)
            if error.code == .unauthorized {
                refusal.headers[.wwwAuthenticate] = Refusal.challenge
            }
            return refusal
        case let error as HTTPError where error.status == .notFound:
            return unrouted(request)
        case is CancellationError:
            return Refusal(
                RepriseError(
                    .outcomeUnknown,
                    "The request ended before its outcome was known. Ask again with the same id."))
        default:
            return Refusal(
                RepriseError(.internalDefect, "The request failed; the node's log says why."))
        }
    }

    private static func unrouted(_ request: Request) -> Refusal {
        let methods = Route.methods(of: request.uri.path)
        guard !methods.isEmpty else {
            return Refusal(
                RepriseError(.notFound, "There is nothing at this path. See schemas/openapi.yaml."))
        }
        let names = methods.map(\.rawValue).joined(separator: ", ")
        var refusal = Refusal(
            .methodNotAllowed, .invalidRequest, "This path answers to \(names) only.")
        refusal.headers[.allow] = names
        return refusal
    }
}

extension Response {
    init(_ refusal: Refusal) throws {
        try self.init(status: refusal.status, json: refusal.body)
        for field in refusal.headers { headers.append(field) }
    }

    init(status: HTTPResponse.Status, json: some Encodable) throws {
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        self.init(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(json))))
    }
}
