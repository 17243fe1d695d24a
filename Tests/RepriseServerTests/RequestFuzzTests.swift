import Foundation
import HTTPTypes
import Model
import Sessions
import TestSupport
import Testing

@testable import RepriseServer

/// Whole requests that a seed makes up: paths, queries, headers and bodies of the corpus, all of them changed,
/// through the router to the store. Each gets an answer that the API document has, and none is a defect.
@Suite struct RequestFuzzTests {
    private static let id = "0198c0de-0000-7000-8000-000000000001"

    private static let queries = [
        "", "?", "?limit=1", "?kind=order&phase=open&olderThanMs=1", "?limit=1&limit=2",
        "?after=\(id)", "?id=0198&dueFromMs=-1", "?kind=%00", "?reason=handlerRefused", "?%ff=%2",
        "?a=b=c&&=&d",
    ]

    private static let names = [
        id, "order", "user.create", "%2e%2e%2f", "..", "%00", "%ff%fe", "\u{1F4A9}", "%2", "+",
        String(repeating: "a", count: 300), "00000000-0000-0000-0000-000000000000", " ",
    ]

    private static let values = [
        "1", "0", "-1", "18446744073709551615", "18446744073709551616", "", " ", "\u{E4}", "a,b",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ]

    private static func path(_ route: Route, _ random: inout SeededRandom) -> String {
        var path = route.path.split(separator: "/").map { part in
            part.first == "{" ? random.pick(names) : String(part)
        }.map { "/\($0)" }.joined()
        if random.chance(10) { path = String(path.prefix(random.below(path.count + 1))) }
        if random.chance(10) { path += "/" + random.pick(names) }
        return (path.isEmpty ? "/" : path) + (random.chance(40) ? random.pick(queries) : "")
    }

    private static func body(_ random: inout SeededRandom) -> String? {
        guard random.chance(80) else { return nil }
        var bytes = random.pick(BodyFuzzTests.corpus)
        if !bytes.isEmpty, random.chance(30) {
            bytes[random.below(bytes.count)] = UInt8(random.below(256))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: 0..<4)
    func `no request is a defect`(part: Int) async throws {
        let methods: [HTTPRequest.Method] = [.get, .post, .put, .delete, .patch, .head, .options]
        try await API.withServer { api in
            let session = try await api.open()
            _ = try await api.post(session + "/close", #"{"afterMs": 0}"#)
            var accepted = 0
            for round in 0..<1_000 {
                let seed = UInt64(part * 1_000 + round)
                var random = SeededRandom(seed: seed)
                let route = random.pick(Route.allCases)
                let method = random.chance(80) ? route.method : random.pick(methods)
                var headers = HTTPFields()
                for name in ["reprise-token", "traceparent", "tracestate", "authorization"]
                where random.chance(20) {
                    headers[try #require(HTTPField.Name(name))] = random.pick(Self.values)
                }
                let type = random.chance(90) ? "application/json" : random.pick(Self.values)
                let path = Self.path(route, &random)
                let reply = try await api.send(
                    method, path, Self.body(&random), headers: headers, type: type)
                let status = reply.status.code
                #expect(status < 500, "seed \(seed): \(method) \(path): \(reply.text)")
                if status >= 400, method != .head {
                    let code = reply.code.flatMap { ErrorCode(rawValue: $0) }
                    #expect(code != nil, "seed \(seed): \(method) \(path): \(reply.text)")
                } else {
                    accepted += 1
                }
            }
            #expect(accepted > 50, "the requests are too wild to test anything")
            #expect(try await api.get("/health/live").status == .ok)
        }
    }
}
