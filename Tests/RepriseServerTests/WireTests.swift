import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import RepriseServer

/// What arrives is not always HTTP, or not all of it.
@Suite struct WireTests {
    private let head =
        "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    private func withConnection(
        _ body: @Sendable (API, RawConnection) async throws -> Void
    ) async throws {
        try await API.withServer(live: true) { (api) async throws in
            let port = try #require(api.client.port)
            let connection = try #require(RawConnection(port: port))
            defer { connection.close() }
            try await body(api, connection)
            // Whatever happened, the next one is served.
            #expect(try await api.get("/health/live").status == .ok)
            #expect(api.store.count == 0)
        }
    }

    @Test func aBodyThatIsAnnouncedTooLargeIsRefusedUnread() async throws {
        try await withConnection { (_, connection) async throws in
            let answer = await connection.exchange(
                head + "Content-Length: 1000000000\r\n\r\n", until: "}}")
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(answer.contains("tooLarge"))
        }
    }

    @Test func aChunkedBodyIsLimited() async throws {
        try await withConnection { (_, connection) async throws in
            let chunk = "10000\r\n" + String(repeating: " ", count: 0x10000) + "\r\n"
            let answer = await connection.exchange(
                head + "Transfer-Encoding: chunked\r\n\r\n"
                    + String(repeating: chunk, count: 17), until: "}}")
            #expect(answer.hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test func aBodyThatBreaksOffChangesNothing() async throws {
        try await withConnection { (_, connection) async throws in
            let answer = await connection.exchange(
                head + "Content-Length: 100\r\n\r\n{\"kind\":", finishes: true, until: "\r\n\r\n")
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n",
        "POST /v1/sessions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /v1/sessions HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ])
    func whatIsNotHTTPIsNotServed(text: String) async throws {
        try await withConnection { (_, connection) async throws in
            let answer = await connection.exchange(text, finishes: true, until: "\r\n\r\n")
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
        }
    }

    @Test func headersAreLimited() async throws {
        try await withConnection { (_, connection) async throws in
            let answer = await connection.exchange(
                "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: "
                    + String(repeating: "x", count: 100_000) + "\r\n\r\n", until: "\r\n\r\n")
            #expect(!answer.hasPrefix("HTTP/1.1 200"))
        }
    }
}
