internal import HTTPTypes
internal import Hummingbird

/// The console in the browser: static files below `/console/`. They hold nothing, so anybody may have
/// them; what they show they ask of the API, with the token of whoever looks.
struct Console<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard path == "/console" || path.hasPrefix("/console/"),
            request.method == .get || request.method == .head
        else { return try await next(request, context) }
        // Relative: a proxy may have put the API below a path of its own.
        if path == "/console" { return ConsoleAnswer.moved(to: "console/") }
        let name = path.dropFirst("/console/".count)
        guard let asset = ConsoleAsset.all[name.isEmpty ? "index.html" : String(name)] else {
            return try await next(request, context)
        }
        return ConsoleAnswer.file(
            asset, known: request.headers[.ifNoneMatch], hasBody: request.method == .get)
    }
}

/// Answers of the console, each with the headers that keep a browser from doing more than it should.
enum ConsoleAnswer {
    /// Only what comes from here runs, loads or is asked; no text ever becomes markup, and no other
    /// page may show this one in a frame.
    static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")

    static func file(_ asset: ConsoleAsset, known: String?, hasBody: Bool) -> Response {
        var headers = guarded
        headers[.eTag] = asset.tag
        // Kept, and asked for again each time: the pages of one version must fit together.
        headers[.cacheControl] = "no-cache"
        if let known, isKnown(asset.tag, known) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = asset.contentType
        guard hasBody else {
            headers[.contentLength] = String(asset.content.readableBytes)
            return Response(status: .ok, headers: headers)
        }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.content))
    }

    static func moved(to location: String) -> Response {
        var headers = guarded
        headers[.location] = location
        headers[.cacheControl] = "no-cache"
        return Response(status: .permanentRedirect, headers: headers)
    }

    private static var guarded: HTTPFields {
        var headers = HTTPFields()
        headers[.contentSecurityPolicy] = policy
        headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in [
            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }

    /// Whether `known`, a list of entity tags, has `tag`. Weak ones are the same here.
    private static func isKnown(_ tag: String, _ known: String) -> Bool {
        known.split(separator: ",").contains { part in
            let given = part.drop { $0 == " " }
            return given.prefix { $0 != " " } == tag || given == "W/" + tag || given == "*"
        }
    }
}
