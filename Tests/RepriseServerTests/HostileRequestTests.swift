import Foundation
import HTTPTypes
import Logging
import Model
import ServiceLifecycle
import Testing

@testable import RepriseServer

/// What no client of ours would send, over real connections.
@Suite struct HostileRequestTests {
    private func withPort(
        _ change: (inout ServerConfiguration) -> Void = { _ in },
        _ body: @Sendable (Int) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.port = 0
        change(&configuration)
        let (ports, running) = AsyncStream<Int>.makeStream()
        let store = MemoryStore()
        let server = try APIServer(
            store: store, operators: Operators(store, logger: API.silent),
            configuration: configuration, registry: PrometheusRegistry(), logger: API.silent,
            onRunning: { running.yield($0) })
        let group = ServiceGroup(services: [server], logger: API.silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(await ports.first { _ in true } ?? 0))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    private static let host = "host: localhost\r\nconnection: close\r\n"

    static let requests: [(String, String)] = [
        (
            "a line break in the path",
            "GET /v1/sessions/a%0d%0ax-evil:%20yes HTTP/1.1\r\n\(host)\r\n"
        ),
        ("encoded slashes", "GET /v1/sessions/..%2f..%2fmetrics HTTP/1.1\r\n\(host)\r\n"),
        ("dots", "GET /v1/sessions/../../metrics HTTP/1.1\r\n\(host)\r\n"),
        ("no UTF-8", "GET /v1/sessions/%ff%fe HTTP/1.1\r\n\(host)\r\n"),
        ("unicode", "GET /v1/sessions/%f0%9f%92%a9 HTTP/1.1\r\n\(host)\r\n"),
        ("bare unicode", "GET /v1/sessions/\u{1F4A9} HTTP/1.1\r\n\(host)\r\n"),
        ("a zero byte", "GET /v1/sessions/%00 HTTP/1.1\r\n\(host)\r\n"),
        ("half an escape", "GET /v1/sessions/%2 HTTP/1.1\r\n\(host)\r\n"),
        (
            "a long path",
            "GET /v1/sessions/\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\n\(host)\r\n"
        ),
        ("a deep path", "GET \(String(repeating: "/a", count: 20_000)) HTTP/1.1\r\n\(host)\r\n"),
        (
            "a long query",
            "GET /v1/sessions?kind=\(String(repeating: "a", count: 60_000)) HTTP/1.1\r\n\(host)\r\n"
        ),
        (
            "a long header",
            "GET /v1/sessions HTTP/1.1\r\n\(host)x: \(String(repeating: "a", count: 40_000))\r\n\r\n"
        ),
        (
            "many headers",
            "GET /v1/sessions HTTP/1.1\r\n\(host)\(String(repeating: "x: a\r\n", count: 1_000))\r\n"
        ),
        ("a zero byte in a header", "GET /v1/sessions HTTP/1.1\r\n\(host)x: a\0b\r\n\r\n"),
        (
            "two lengths",
            "POST /v1/sessions HTTP/1.1\r\n\(host)content-length: 2\r\ncontent-length: 3\r\n\r\n{}"
        ),
        (
            "length and chunks",
            "POST /v1/sessions HTTP/1.1\r\n\(host)content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        ("a negative length", "POST /v1/sessions HTTP/1.1\r\n\(host)content-length: -1\r\n\r\n"),
        ("no HTTP", "\u{16}\u{03}\u{01} hello\r\n\r\n"),
    ]

    @Test func eachIsRefusedAndHarmsNobody() async throws {
        try await withPort { port in
            for (name, text) in Self.requests {
                let connection = try #require(RawConnection(port: port))
                let answer = await connection.exchange(text, until: "\u{0}")
                connection.close()
                #expect(answer.hasPrefix("HTTP/1.1 4"), "\(name): \(answer.prefix(200))")
                #expect(!answer.lowercased().contains("\r\nx-evil"), "\(name)")
            }
            let connection = try #require(RawConnection(port: port))
            defer { connection.close() }
            let answer = await connection.exchange(
                "GET /health/live HTTP/1.1\r\n\(Self.host)\r\n", until: "alive")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
        }
    }

    /// A body after the head of an answer to HEAD would be taken for the next answer.
    @Test(arguments: ["/health/live", "/v1/status", "/nowhere"])
    func whoAsksForTheHeadGetsNoBody(path: String) async throws {
        try await withPort { port in
            let connection = try #require(RawConnection(port: port))
            defer { connection.close() }
            let answers = await connection.exchange(
                "HEAD \(path) HTTP/1.1\r\nhost: localhost\r\n\r\n"
                    + "GET /health/live HTTP/1.1\r\n\(Self.host)\r\n", until: "alive")
            let parts = answers.components(separatedBy: "\r\n\r\n")
            #expect(parts.count == 3 && parts[1].hasPrefix("HTTP/1.1 200"), "\(answers)")
        }
    }

    @Test(arguments: [
        (
            "a body that never ends",
            "POST /v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\n\r\n{"
        ),
        (
            "chunks that never end",
            "POST /v1/sessions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{"
        ),
        ("headers that never end", "GET /v1/sessions HTTP/1.1\r\nhost: localhost\r\nx: "),
        ("nothing", ""),
    ])
    func whoIsTooSlowIsLeft(name: String, text: String) async throws {
        try await withPort({
            $0.idleTimeout = 200
            $0.requestTimeout = 200
        }) { port in
            let connection = try #require(RawConnection(port: port))
            defer { connection.close() }
            #expect(await connection.isLeft(after: text), "\(name)")
        }
    }

    @Test func moreConnectionsThanAllowedWaitTheirTurn() async throws {
        try await withPort({ $0.maxConnections = 2 }) { port in
            let request = "GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"
            var connections: [RawConnection] = []
            for _ in 0..<2 {
                let connection = try #require(RawConnection(port: port))
                connections.append(connection)
                #expect(await connection.exchange(request, until: "alive").contains("alive"))
            }
            let waiting = try #require(RawConnection(port: port))
            defer { waiting.close() }
            async let answer = waiting.exchange(request, until: "alive")
            for connection in connections { connection.close() }
            #expect(await answer.contains("alive"))
        }
    }
}

extension RawConnection {
    /// Sends `text` and tells whether the other side then closes the connection.
    func isLeft(after text: String) async -> Bool {
        for part in [text, ""] {
            let (_, isClosed) = await exchangeUntilClosed(part)
            if isClosed { return true }
        }
        return false
    }
}
