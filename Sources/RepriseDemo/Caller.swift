internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// Calls the services, as a client or a handler would.
struct Caller: Sendable {
    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        // A service that is down must be noticed at once, not waited for.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(4)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func close() async { try? await client.shutdown() }

    struct Answer: Sendable {
        var status: Int
        var body: Data

        func decoded<Value: Decodable>(as type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: body)
        }
    }

    func send(
        _ method: HTTPMethod, _ url: String, json: (any Encodable & Sendable)? = nil,
        fault: Plan.Failure? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if fault == .before || fault == .after {
            request.headers.add(
                name: FaultMiddleware.header, value: fault == .before ? "before" : "after")
        }
        if let json {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: Array(try JSONEncoder().encode(json))))
        }
        let response = try await client.execute(
            request, timeout: .milliseconds(Int64(World.lease / 2)))
        let body = try await response.body.collect(upTo: 16 << 20)
        return Answer(status: Int(response.status.code), body: Data(body.readableBytesView))
    }

    /// Throws unless the answer is 2xx or one of `allowed`.
    @discardableResult
    func require(
        _ method: HTTPMethod, _ url: String, json: (any Encodable & Sendable)? = nil,
        fault: Plan.Failure? = nil, allowing allowed: Set<Int> = []
    ) async throws -> Answer {
        let answer = try await send(method, url, json: json, fault: fault)
        guard (200..<300).contains(answer.status) || allowed.contains(answer.status) else {
            throw DemoError("\(method) \(url) answered \(answer.status)")
        }
        return answer
    }
}
