import Foundation
import HTTPTypes
import InMemoryTracing
import Model
import Sessions
import TestSupport
import Testing
import Traces
import Tracing

@testable import RepriseServer

@Suite(.timeLimit(.minutes(10))) struct RequestSpansTests {
    private let recorder = TraceRecorder()
    private static let origin = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let traceparent = HTTPField.Name("traceparent")!

    @Test func `a request is a span within the caller's trace, and the session carries it`()
        async throws
    {
        try await withTracer(recorder) {
            try await API.withServer { api in
                let reply = try await api.post(
                    "/v1/sessions", #"{"kind": "user.create", "recordText": "a"}"#,
                    headers: [Self.traceparent: Self.origin])
                #expect(reply.status == .created)
                let id = try #require(SessionID(text: reply.id[...]))
                let session = try #require(api.store.session(id))
                let span = try #require(recorder.finished.first)
                #expect(span.operationName == SpanName.api.rawValue)
                #expect(span.kind == .server)
                #expect(span.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
                #expect(span.parentSpanID == "00f067aa0ba902b7")
                #expect(
                    session.headers
                        == [Header("traceparent", TraceRecorder.parent(span.spanContext))])
                #expect(
                    TraceRecorder.attributes(of: span) == [
                        "reprise.route": "open", "http.route": "/v1/sessions",
                        "http.request.method": "POST", "http.response.status_code": "201",
                    ])
            }
        }
    }

    @Test func `refusals are spans, probes are not`() async throws {
        try await withTracer(recorder) {
            try await API.withServer { api in
                _ = try await api.get("/health/live")
                _ = try await api.get("/metrics")
                #expect(recorder.finished.isEmpty)
                #expect(try await api.post("/v1/sessions", "{").status == .badRequest)
                let attributes = recorder.finished.map { TraceRecorder.attributes(of: $0) }
                #expect(attributes.map { $0["http.response.status_code"] } == ["400"])
            }
        }
    }

    @Test func `without a tracer the caller's context is the session's`() async throws {
        try await API.withServer { api in
            let reply = try await api.post(
                "/v1/sessions", #"{"kind": "user.create"}"#,
                headers: [Self.traceparent: Self.origin])
            let id = try #require(SessionID(text: reply.id[...]))
            let session = try #require(api.store.session(id))
            #expect(session.headers == [Header("traceparent", Self.origin)])
        }
    }

    @Test func `the table in the schemas has every span with what it may carry`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "schemas/traces.md")
        let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| `reprise.") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        let wanted = SpanName.allCases.map { name in
            [
                "`\(name.rawValue)`", name.kindName,
                name.attributes.map { "`\($0.rawValue)`" }.joined(separator: ", "),
            ]
        }
        #expect(rows.map { [$0[0], $0[1], $0[3]] } == wanted)
    }
}
