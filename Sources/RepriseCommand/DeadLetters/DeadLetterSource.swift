internal import Foundation
internal import Reprise

/// A node's dead letters, over its HTTP API.
struct DeadLetterSource {
    let node: NodeSource

    private static let pageLimit = 1_000

    /// In order of id, `limit` of them at most.
    func list(kind: String?, reason: String?, limit: Int) async throws -> [ShownSession] {
        var found: [ShownSession] = []
        var next: String?
        repeat {
            var query = "limit=\(min(limit - found.count, Self.pageLimit))"
            if let kind { query += "&kind=\(kind)" }
            if let reason { query += "&reason=\(reason)" }
            if let next { query += "&after=\(next)" }
            let body = try await node.send(.GET, "/v1/dead-letters?\(query)")
            let page = try JSONDecoder().decode(ShownDeadLetters.self, from: body)
            found += page.deadLetters
            next = page.next
        } while next != nil && found.count < limit
        return found
    }

    func get(_ id: SessionID) async throws -> ShownSession {
        try JSONDecoder().decode(
            ShownSession.self, from: try await node.send(.GET, "/v1/dead-letters/\(id)"))
    }

    /// `records` take the place of those that it has; nil leaves them.
    func requeue(_ id: SessionID, after: Milliseconds, records: [Data]?) async throws {
        struct Content: Encodable {
            var afterMs: Int64
            var records: [Data]?
        }
        _ = try await node.send(
            .POST, "/v1/dead-letters/\(id)/requeue", Content(afterMs: after, records: records))
    }

    func cancel(_ id: SessionID) async throws {
        _ = try await node.send(.POST, "/v1/dead-letters/\(id)/cancel", [String: String]())
    }

    func start(_ order: RequeueWish) async throws -> ShownBatch {
        try batch(try await node.send(.POST, "/v1/dead-letters/requeue", order))
    }

    func batch(_ id: String) async throws -> ShownBatch {
        try batch(try await node.send(.GET, "/v1/batches/\(id)"))
    }

    func stop(_ id: String) async throws -> ShownBatch {
        try batch(try await node.send(.POST, "/v1/batches/\(id)/cancel", [String: String]()))
    }

    private func batch(_ body: Data) throws -> ShownBatch {
        try JSONDecoder().decode(ShownBatch.self, from: body)
    }
}

/// Which letters are to go back, as the API takes it.
struct RequeueWish: Encodable, Sendable {
    var kind: String?
    var reason: String?
    var ids: [String]?
    var perSecond: Int
    var spreadMs: Int64
    var limit: Int
}
