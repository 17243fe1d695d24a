import HTTPTypes
import Model
import Testing

@testable import RepriseServer

@Suite struct AccessTests {
    private static let secret = "correct-horse-battery-staple"

    private func guarded() throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.token = try AccessToken(Self.secret)
        return configuration
    }

    @Test(arguments: [
        nil, "", "Bearer", "Bearer ", "Bearer wrong", "Basic correct-horse-battery-staple",
        "Bearer correct-horse-battery-stapl", "Bearer correct-horse-battery-staplee",
        "correct-horse-battery-staple",
    ])
    func withoutTheTokenNothingIsAnswered(value: String?) async throws {
        try await API.withServer(MemoryStore(), try guarded()) { (api) async throws in
            var headers = HTTPFields()
            headers[.authorization] = value
            for path in ["/v1/sessions", "/metrics", "/nothing"] {
                let reply = try await api.get(path, headers: headers)
                #expect(reply.status == .unauthorized)
                #expect(reply.code == "unauthorized")
                #expect(reply.headers[.wwwAuthenticate] == "Bearer realm=\"reprise\"")
                #expect(!reply.text.contains(Self.secret))
            }
        }
    }

    @Test(arguments: ["Bearer ", "bearer ", "BEARER  "])
    func withTheTokenEverythingIs(scheme: String) async throws {
        try await API.withServer(MemoryStore(), try guarded()) { (api) async throws in
            // With a token the caller's host name and origin do not matter.
            let headers: HTTPFields = [
                .authorization: scheme + Self.secret, .origin: "https://example.com",
            ]
            #expect(try await api.get("/v1/sessions", headers: headers).status == .ok)
        }
    }

    @Test func probesNeedNoToken() async throws {
        try await API.withServer(MemoryStore(), try guarded()) { (api) async throws in
            #expect(try await api.get("/health/live").status == .ok)
            #expect(try await api.get("/health/ready").status == .ok)
        }
    }

    @Test func aWebPageIsRefusedOnLoopback() async throws {
        try await API.withServer { (api) async throws in
            let page = try await api.get("/v1/sessions", headers: [.origin: "https://example.com"])
            #expect(page.status == .unauthorized)
            #expect(page.code == "unauthorized")
        }
        let gatekeeper = Gatekeeper(tokens: [])
        let rebound = HTTPRequest(
            method: .get, scheme: "http", authority: "evil.example:7171", path: "/v1/sessions")
        #expect(throws: RepriseError.self) { try gatekeeper.check(rebound) }
        for name in ["localhost:7171", "127.0.0.1", "[::1]:7171", "LOCALHOST"] {
            let request = HTTPRequest(method: .get, scheme: "http", authority: name, path: "/")
            #expect(try gatekeeper.check(request) == .local)
        }
    }

    @Test func noAnswerIsAPageForOthers() async throws {
        try await API.withServer { (api) async throws in
            for path in ["/v1/sessions", "/health/live", "/metrics", "/nothing"] {
                let reply = try await api.get(path)
                #expect(reply.headers[.xContentTypeOptions] == "nosniff")
                #expect(reply.headers[.cacheControl] == "no-store")
                let policy = reply.headers[.contentSecurityPolicy] ?? ""
                #expect(policy.contains("frame-ancestors 'none'"))
                #expect(reply.headers[.accessControlAllowOrigin] == nil)
            }
        }
    }

    @Test(
        arguments: [
            ("localhost:7171", "http://localhost:7171", "same-origin", true),
            ("127.0.0.1:7171", "http://127.0.0.1:7171", nil, true),
            ("[::1]:7171", "https://[::1]:7171", nil, true),
            ("LOCALHOST:7171", "http://localhost:7171", nil, true),
            ("localhost:7171", nil, "none", true),
            // Another port is another page, and so is another name for the same address.
            ("localhost:7171", "http://localhost:3000", nil, false),
            ("localhost:7171", "http://127.0.0.1:7171", nil, false),
            ("localhost:7171", "http://localhost:7171.evil.example", nil, false),
            ("localhost:7171", "null", nil, false),
            ("localhost:7171", "", nil, false),
            // Requests without an origin, as of images and links in other pages.
            ("localhost:7171", nil, "cross-site", false),
            ("localhost:7171", nil, "same-site", false),
            ("localhost:7171", "http://localhost:7171", "cross-site", false),
            // A name that DNS made to mean loopback.
            ("evil.example:7171", "http://evil.example:7171", "same-origin", false),
        ] as [(String, String?, String?, Bool)])
    func ofWebPagesOnlyTheConsoleMayAskWithoutAToken(
        host: String, origin: String?, site: String?, isLetIn: Bool
    ) throws {
        var head = HTTPRequest(
            method: .post, scheme: "http", authority: host, path: "/v1/sessions")
        head.headerFields[.origin] = origin
        head.headerFields[try #require(HTTPField.Name("Sec-Fetch-Site"))] = site
        let gatekeeper = Gatekeeper(tokens: [])
        if isLetIn {
            #expect(try gatekeeper.check(head) == .local)
        } else {
            let error = #expect(throws: RepriseError.self) { try gatekeeper.check(head) }
            #expect(error?.code == .unauthorized)
        }
    }

    @Test(arguments: [
        "0.0.0.0", "::", "10.0.0.1", "127.evil.example.com", "example.com", "127.0.0",
    ])
    func anotherAddressWithoutATokenIsRefusedAtStart(host: String) throws {
        var configuration = ServerConfiguration()
        configuration.host = host
        let error = #expect(throws: RepriseError.self) { try configuration.check() }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("server.tokenFile") == true)
        configuration.token = try AccessToken(Self.secret)
        try configuration.check()
    }

    @Test(arguments: ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
    func loopbackNeedsNone(host: String) throws {
        var configuration = ServerConfiguration()
        configuration.host = host
        try configuration.check()
    }

    @Test(arguments: [
        "", "short", "with space inside it", "umlaut-ä-in-the-token", "line\nbreak-in-the-token",
    ])
    func aPoorTokenIsRefused(text: String) {
        let error = #expect(throws: RepriseError.self) { try AccessToken(text) }
        #expect(error?.code == .configuration)
    }

    @Test func aTokenNeverShowsItself() throws {
        let token = try AccessToken("  \(Self.secret)\n")
        #expect(token.digest.matches(TokenDigest(of: Self.secret.utf8)))
        #expect(!token.digest.matches(TokenDigest(of: "".utf8)))
        var configuration = ServerConfiguration()
        configuration.token = token
        configuration.tokens = [NamedToken(name: "shop", scopes: [.read], token: token)]
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(token)", String(reflecting: token), "\(configuration)", dumped] {
            #expect(!text.contains(Self.secret))
        }
    }
}
