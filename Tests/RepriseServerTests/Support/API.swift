import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Model
import NIOCore

@testable import RepriseServer

/// What came back: status, headers, and the body as JSON.
struct Reply: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var text: String

    var json: JSON? { JSON(text) }
    var code: String? { json?["error"]?["code"]?.string }
    var message: String { json?["error"]?["message"]?.string ?? "" }
    var id: String { json?["id"]?.string ?? "" }
}

/// The API over a store in memory, and a client of it.
struct API: Sendable {
    let store: MemoryStore
    let client: any TestClientProtocol

    static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    static func withServer(
        _ store: MemoryStore = MemoryStore(), _ configuration: ServerConfiguration = .init(),
        registry: PrometheusRegistry = PrometheusRegistry(), operators: Operators? = nil,
        live: Bool = false, logger: Logger = API.silent,
        _ body: @Sendable (API) async throws -> Void
    ) async throws {
        let server = try APIServer(
            store: store, operators: operators ?? Operators(store, logger: silent),
            configuration: configuration, registry: registry, logger: logger)
        try await server.application().test(live ? .live : .router) { client in
            try await body(API(store: store, client: client))
        }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil,
        headers: HTTPFields = [:], type: String? = "application/json"
    ) async throws -> Reply {
        var headers = headers
        if body != nil, let type { headers[.contentType] = type }
        return try await client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { response in
            Reply(
                status: response.status, headers: response.headers,
                text: String(buffer: response.body))
        }
    }

    func post(_ path: String, _ body: String? = nil, headers: HTTPFields = [:]) async throws
        -> Reply
    {
        try await send(.post, path, body, headers: headers)
    }

    func get(_ path: String, headers: HTTPFields = [:]) async throws -> Reply {
        try await send(.get, path, headers: headers)
    }

    /// Opens a session with the record "a" and returns its path.
    func open(_ kind: String = "user.create") async throws -> String {
        let reply = try await post("/v1/sessions", #"{"kind": "\#(kind)", "recordText": "a"}"#)
        return "/v1/sessions/\(reply.id)"
    }

    func session(_ path: String) -> SessionID {
        SessionID(text: path.split(separator: "/").last ?? "") ?? Event.noSession
    }
}
