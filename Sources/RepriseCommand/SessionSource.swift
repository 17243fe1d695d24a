internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Platform
internal import Reprise
internal import RepriseServer

/// Where the sessions command looks.
struct SessionSourceOptions: ParsableArguments {
    @OptionGroup var node: NodeOptions
    @Flag(help: "Print JSON.") var json = false

    /// The topics, where kafka.brokers is set and no --url is given; else the node.
    func store() throws -> any SessionSource {
        let loaded = try node.load()
        if node.url == nil, loaded.reprise.kafka != nil {
            LoggingSystem.bootstrap { label in
                var handler = StreamLogHandler.standardError(label: label)
                handler.logLevel = .error
                return handler
            }
            return GroupSource(inspection: try GroupInspection(loaded.reprise))
        }
        return try node.node(loaded)
    }
}

/// What the command needs of either place.
protocol SessionSource: Sendable {
    func list(kind: String?, phase: PhaseName?, limit: Int) async throws -> [ShownSession]
    func get(_ id: SessionID) async throws -> ShownSession
    func requeue(_ id: SessionID, after: Milliseconds) async throws
    func cancel(_ id: SessionID) async throws
    func park(_ id: SessionID, reason: String) async throws
}

/// Folds the topics.
struct GroupSource: SessionSource {
    let inspection: GroupInspection

    private var now: Timestamp { HTTPHandler.wallClock() }

    func list(kind: String?, phase: PhaseName?, limit: Int) async throws -> [ShownSession] {
        let found = try await inspection.sessions().filter { session in
            (kind.map { $0 == session.kind.name } ?? true)
                && (phase.map { $0 == PhaseName(session.phase) } ?? true)
        }
        return found.prefix(limit).map { ShownSession($0) }
    }

    func get(_ id: SessionID) async throws -> ShownSession {
        ShownSession(try await inspection.session(id))
    }

    func requeue(_ id: SessionID, after: Milliseconds) async throws {
        try await inspection.requeue(id, after: after, now: now)
    }

    func cancel(_ id: SessionID) async throws {
        try await inspection.cancel(id, now: now)
    }

    func park(_ id: SessionID, reason: String) async throws {
        try await inspection.park(id, reason: reason, now: now)
    }
}

/// Asks a node's HTTP API.
struct NodeSource: SessionSource {
    let url: String
    private let token: AccessToken?
    private let client: HTTPClient

    /// Sends the token and trusts the authorities that `settings` name. Throws `configuration`.
    init(url: String, _ settings: Settings) throws(RepriseError) {
        self.url = url
        token = settings.server.token
        client = try NodeClients.client(trusting: settings.client.caFile)
    }

    func list(kind: String?, phase: PhaseName?, limit: Int) async throws -> [ShownSession] {
        var query = "limit=\(limit)"
        if let kind { query += "&kind=\(kind)" }
        if let phase { query += "&phase=\(phase.rawValue)" }
        let body = try await send(.GET, "/v1/sessions?\(query)")
        return try JSONDecoder().decode(ShownPage.self, from: body).sessions
    }

    func get(_ id: SessionID) async throws -> ShownSession {
        try JSONDecoder().decode(
            ShownSession.self, from: try await send(.GET, "/v1/sessions/\(id)"))
    }

    func requeue(_ id: SessionID, after: Milliseconds) async throws {
        _ = try await send(.POST, "/v1/sessions/\(id)/requeue", ["afterMs": after])
    }

    func cancel(_ id: SessionID) async throws {
        _ = try await send(.POST, "/v1/sessions/\(id)/cancel", [String: String]())
    }

    func park(_ id: SessionID, reason: String) async throws {
        _ = try await send(.POST, "/v1/sessions/\(id)/park", ["reason": reason])
    }

    /// - Parameter waits: as long as a node that has had too many requests says; else that is an error.
    func send(
        _ method: HTTPMethodName, _ path: String, _ content: (any Encodable & Sendable)? = nil,
        waits: Bool = true
    ) async throws -> Data {
        var request = HTTPClientRequest(url: url + path)
        request.method = method == .GET ? .GET : .POST
        if let token { request.headers.add(name: "authorization", value: token.headerValue) }
        if let content {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: Array(try JSONEncoder().encode(content))))
        }
        let response = try await waits ? answer(to: request) : execute(request)
        let body = try await response.body.collect(upTo: 64 << 20)
        let data = Data(body.readableBytesView)
        guard (200..<300).contains(response.status.code) else {
            if let refusal = try? JSONDecoder().decode(ShownRefusal.self, from: data) {
                throw RepriseError(
                    ErrorCode(rawValue: refusal.error.code) ?? .internalDefect,
                    refusal.error.message)
            }
            throw RepriseError(.internalDefect, "The node answered \(response.status).")
        }
        return data
    }

    /// Of one request that the node has no time for.
    private static let mostWaits = 20
    private static let longestWait: Milliseconds = 60_000

    /// A node that gets more requests than it takes from one caller has done nothing yet, and says when to
    /// come again.
    private func answer(to request: HTTPClientRequest) async throws -> HTTPClientResponse {
        for _ in 0..<Self.mostWaits {
            let response = try await execute(request)
            guard response.status == .tooManyRequests,
                let text = response.headers.first(name: "retry-after"),
                let delay = RetryAfter.delay(text, now: { SystemTime().now() })
            else { return response }
            // Read to its end, so that the connection can be used again.
            _ = try await response.body.collect(upTo: 1 << 20)
            try await Task.sleep(for: .milliseconds(min(delay, Self.longestWait)))
        }
        return try await execute(request)
    }

    private func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        do {
            return try await client.execute(request, timeout: .seconds(30))
        } catch  where HTTPHandler.isTLSFailure(error) {
            throw RepriseError(
                .configuration,
                "There is no TLS with \(url) that can be trusted. Name the authority of its "
                    + "certificate with --ca-file or client.caFile, ask by a name that is in the "
                    + "certificate, and use https only where the API has one.", cause: "\(error)")
        } catch {
            throw RepriseError(
                .handlerUnavailable,
                "The node at \(url) does not answer. Start it, or name it with --url.",
                cause: ConnectionFailure.text(error))
        }
    }

    enum HTTPMethodName { case GET, POST }
}
