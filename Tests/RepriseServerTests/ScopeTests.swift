import HTTPTypes
import Logging
import Model
import TestSupport
import Testing

@testable import RepriseServer

/// What each token may do, route by route and operation by operation.
@Suite struct ScopeTests {
    static let id = "0198c0de-0000-7000-8000-000000000001"

    static func token(_ scope: Scope) -> String { "a-token-for-\(scope.rawValue)-only" }

    /// One token for each scope, and one that may do nothing.
    static func guarded() throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.tokens = try Scope.allCases.map { scope in
            NamedToken(
                name: "\(scope.rawValue)r", scopes: [scope], token: try AccessToken(token(scope)))
        }
        configuration.tokens.append(
            NamedToken(name: "none", scopes: [], token: try AccessToken("a-token-for-nothing")))
        return configuration
    }

    static func bearer(_ scope: Scope) -> HTTPFields { [.authorization: "Bearer \(token(scope))"] }

    /// The path of a request; whatever is a parameter is an id.
    static func path(_ route: Route) -> String {
        route.path.split(separator: "/").map { $0.hasPrefix("{") ? id[...] : $0 }
            .reduce("") { "\($0)/\($1)" }
    }

    @Test func everyRouteRefusesWhoHasNotItsScope() async throws {
        try await API.withServer(MemoryStore(), try Self.guarded()) { (api) async throws in
            for route in Route.allCases {
                guard case .anyOf(let wanted) = route.access else { continue }
                #expect(!wanted.isEmpty, "\(route): nobody could ask")
                let path = Self.path(route)
                let body = route.method == .get ? nil : "{}"
                for scope in Scope.allCases where !wanted.contains(scope) {
                    let reply = try await api.send(
                        route.method, path, body, headers: Self.bearer(scope))
                    #expect(reply.status == .forbidden, "\(route) by \(scope)")
                    #expect(reply.code == "forbidden")
                    #expect(reply.message.contains("\"\(scope.rawValue)r\""))
                    #expect(!reply.text.contains(Self.token(scope)))
                }
                let without = try await api.send(route.method, path, body)
                #expect(without.status == .unauthorized, "\(route)")
                let nothing = try await api.send(
                    route.method, path, body,
                    headers: [.authorization: "Bearer a-token-for-nothing"])
                #expect(nothing.status == .forbidden, "\(route)")
            }
        }
    }

    /// Written out once more, so that a change of the table is a decision.
    @Test(
        arguments: [
            (.open, [.produce]), (.close, [.produce]), (.append, [.produce, .handle]),
            (.replace, [.produce, .handle]), (.extend, [.produce, .handle]),
            (.complete, [.produce, .handle]), (.batch, [.produce, .handle, .operate]),
            (.get, [.produce, .handle, .operate, .read]), (.list, [.operate, .read]),
            (.metrics, [.operate, .read]), (.requeue, [.operate]), (.cancel, [.operate]),
            (.park, [.operate]), (.preparePart, [.participate]), (.commitPart, [.participate]),
            (.askDecision, [.participate]),
        ] as [(Route, Set<Scope>)])
    func theTableSays(route: Route, scopes: Set<Scope>) {
        #expect(route.access == .anyOf(scopes))
    }

    @Test func onlyProbesAndPagesAreOpenToEverybody() {
        for route in Route.allCases where route.access == .everybody {
            #expect(route.method == .get, "\(route)")
            #expect(!route.path.hasPrefix("/v1/"), "\(route)")
        }
    }

    @Test func aProducerDoesItsWork() async throws {
        try await API.withServer(MemoryStore(), try Self.guarded()) { (api) async throws in
            let headers = Self.bearer(.produce)
            let opened = try await api.post(
                "/v1/sessions", #"{"kind": "order", "recordText": "a"}"#, headers: headers)
            #expect(opened.status == .created)
            let path = "/v1/sessions/\(opened.id)"
            let write = #"{"recordText": "b"}"#
            #expect(try await api.post("\(path)/records", write, headers: headers).status == .ok)
            #expect(try await api.get(path, headers: headers).status == .ok)
            #expect(try await api.post("\(path)/complete", headers: headers).status == .ok)
        }
    }

    @Test func aHandlerWritesUnderItsRunOnly() async throws {
        let store = MemoryStore()
        try await API.withServer(store, try Self.guarded()) { (api) async throws in
            let opened = try await api.post(
                "/v1/sessions", #"{"kind": "order", "recordText": "a"}"#,
                headers: Self.bearer(.produce))
            let path = "/v1/sessions/\(opened.id)"
            let body = #"{"recordText": "b"}"#
            let asOwner = try await api.post(
                "\(path)/records", body, headers: Self.bearer(.handle))
            #expect(asOwner.code == "forbidden")
            #expect(asOwner.message.contains("produce"))
            let token = store.claim(api.session(path))
            // In the header or in the body: a run's token needs the scope of handlers.
            let name = try #require(HTTPField.Name("Reprise-Token"))
            var producer = Self.bearer(.produce)
            producer[name] = token.description
            #expect(
                try await api.post("\(path)/records", body, headers: producer).code == "forbidden")
            let field = #"{"recordText": "b", "token": "\#(token)"}"#
            let inBody = try await api.post(
                "\(path)/records", field, headers: Self.bearer(.produce))
            #expect(inBody.code == "forbidden")
            var handler = Self.bearer(.handle)
            handler[name] = token.description
            #expect(try await api.post("\(path)/records", body, headers: handler).status == .ok)
            #expect(try await api.post("\(path)/complete", headers: handler).status == .ok)
        }
    }

    @Test func aBatchIsLookedAtOneByOne() async throws {
        let store = MemoryStore()
        try await API.withServer(store, try Self.guarded()) { (api) async throws in
            let batch = #"""
                {"operations": [
                    {"operation": "open", "kind": "order", "id": "\#(Self.id)", "recordText": "a"},
                    {"operation": "cancel", "id": "\#(Self.id)"},
                    {"operation": "complete", "id": "\#(Self.id)", "token": "5"},
                    {"operation": "complete", "id": "\#(Self.id)"}
                ]}
                """#
            func statuses(_ scope: Scope) async throws -> [Int64?] {
                let reply = try await api.post("/v1/batch", batch, headers: Self.bearer(scope))
                return reply.json?["results"]?.array?.map { $0["status"]?.integer } ?? []
            }
            #expect(try await statuses(.produce) == [201, 403, 403, 200])
            #expect(try await statuses(.handle) == [403, 403, 404, 403])
            #expect(try await statuses(.operate) == [403, 404, 403, 403])
            #expect(
                try await api.post("/v1/batch", batch, headers: Self.bearer(.read)).code
                    == "forbidden")
        }
    }

    @Test func anExpiredTokenIsRefused() throws {
        let expiry = Timestamp(milliseconds: 1_000)
        let token = NamedToken(
            name: "shop", scopes: [.read], expires: expiry,
            token: try AccessToken("a-token-that-ends"))
        var head = HTTPRequest(method: .get, scheme: "http", authority: "n1", path: "/")
        head.headerFields[.authorization] = "Bearer a-token-that-ends"
        let before = Gatekeeper(tokens: [token], now: { Timestamp(milliseconds: 999) })
        #expect(try before.check(head) == Caller(name: "shop", scopes: [.read]))
        let after = Gatekeeper(tokens: [token], now: { expiry })
        let error = #expect(throws: RepriseError.self) { try after.check(head) }
        #expect(error?.code == .unauthorized)
        #expect(error?.message.contains("\"shop\" has expired") == true)
    }

    @Test func tokensAreReplacedWhileItRuns() throws {
        func token(_ text: String) throws -> NamedToken {
            NamedToken(name: "shop", scopes: [.read], token: try AccessToken(text))
        }
        func head(_ text: String) -> HTTPRequest {
            var head = HTTPRequest(method: .get, scheme: "http", authority: "n1", path: "/")
            head.headerFields[.authorization] = "Bearer \(text)"
            return head
        }
        let gatekeeper = Gatekeeper(tokens: [try token("the-old-token-of-the-shop")])
        _ = try gatekeeper.check(head("the-old-token-of-the-shop"))
        gatekeeper.replace([try token("the-new-token-of-the-shop")])
        _ = try gatekeeper.check(head("the-new-token-of-the-shop"))
        #expect(throws: RepriseError.self) {
            try gatekeeper.check(head("the-old-token-of-the-shop"))
        }
    }

    @Test func whatAnOperatorDoesIsLogged() async throws {
        let log = LogCollector()
        try await API.withServer(MemoryStore(), try Self.guarded(), logger: log.logger) {
            (api) async throws in
            let path = "/v1/sessions/\(Self.id)/cancel"
            _ = try await api.post(path, headers: Self.bearer(.operate))
            _ = try await api.post(path, headers: Self.bearer(.read))
            let batch = #"{"operations": [{"operation": "park", "id": "\#(Self.id)"}]}"#
            _ = try await api.post("/v1/batch", batch, headers: Self.bearer(.operate))
            _ = try await api.get("/v1/sessions", headers: Self.bearer(.operate))
            // No id, and nothing that could be taken for a line of the log.
            _ = try await api.post(
                "/v1/sessions/x%0Aevil/cancel", headers: Self.bearer(.operate))
        }
        let lines = log.lines.filter { $0.message == "an operator asked for a change" }
        let said = lines.map { line in
            ["caller", "action", "http.status", "session"].map { key in
                line.metadata["reprise.\(key)"].map { "\($0)" } ?? "-"
            }.joined(separator: " ")
        }
        #expect(
            said == [
                "operater cancel 404 \(Self.id)", "readr cancel 403 \(Self.id)",
                "operater park 404 \(Self.id)", "operater cancel 400 -",
            ])
    }
}
