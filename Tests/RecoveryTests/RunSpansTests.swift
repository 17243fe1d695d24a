import InMemoryTracing
import Model
@testable import Recovery
import Sessions
import TestSupport
import Testing
import Traces
import Tracing

@Suite(.timeLimit(.minutes(10))) struct RunSpansTests {
    private struct NoControl: RunControl {
        func append(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError) {}
        func replace(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError) {
        }
        func extend(
            _ id: SessionID, by duration: Milliseconds?, token: Position
        ) async throws(RepriseError) {}
    }

    private let recorder = TraceRecorder()
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// Runs the first attempt of a session with `headers`.
    private func run(
        _ headers: [Header], tracer: (any Tracer)?, _ handler: ClosureHandler
    ) async throws {
        var log = SessionTrace()
        log.own()
        log.open(1, headers: headers)
        log.claim(1, 1, at: 40, deadline: 1_000)
        let session = try #require(log[1])
        let run = try #require(session.run)
        let handlers: [Kind: any RecoveryHandler] = [SessionTrace.kind: handler]
        // Runs are started by threads, which know nothing of the task that made them.
        let runs =
            if let tracer { withTracer(tracer) { Runs(handlers: handlers) } } else {
                Runs(handlers: handlers)
            }
        let ended = Probe(0)
        runs.start(session, run, control: NoControl()) { _, _, _ in ended.update { $0 += 1 } }
        try await ended.wait("the run's end", seconds: 60) { $0 == 1 }
    }

    /// The span ends after the outcome is known, not before it is reported.
    private func span() async throws -> FinishedInMemorySpan {
        try await eventually("the span", seconds: 60) { recorder.finished.count == 1 }
        return try #require(recorder.finished.first)
    }

    @Test func `an attempt is a trace of its own that links to where the session was opened`()
        async throws
    {
        try await run(
            [Header("TraceParent", Self.parent)], tracer: recorder, .init { _ in .complete })
        let span = try await span()
        #expect(span.operationName == SpanName.recover.rawValue)
        #expect(span.kind == .consumer)
        #expect(span.parentSpanID == nil)
        #expect(span.traceID != "4bf92f3577b34da6a3ce929d0e0e4736")
        let link = try #require(span.links.first?.context.inMemorySpanContext)
        #expect(TraceRecorder.parent(link) == Self.parent)
        #expect(
            TraceRecorder.attributes(of: span) == [
                "reprise.session": "\(SessionTrace.id(1))",
                "reprise.kind": SessionTrace.kind.name, "reprise.attempt": "1",
                "reprise.outcome": "complete",
            ])
    }

    @Test func `a failure has its code, and no text of the error`() async throws {
        struct Secret: Error {}
        try await run([], tracer: recorder, .init { _ in throw Secret() })
        let span = try await span()
        #expect(span.links.isEmpty)
        #expect(span.status?.code == .error)
        let attributes = TraceRecorder.attributes(of: span)
        #expect(attributes["reprise.outcome"] == "failed")
        #expect(attributes["reprise.code"] == "handlerFailed")
        #expect(Set(attributes.keys) == Set(SpanName.recover.attributes.map(\.rawValue)))
    }

    @Test func `the handler runs within the span`() async throws {
        let recorder = recorder
        try await run([], tracer: recorder) {
            .init { _ in
                recorder.startSpan("inner").end()
                return .complete
            }
        }
        try await eventually("both spans", seconds: 60) { recorder.finished.count == 2 }
        let outer = try #require(recorder.finished(SpanName.recover.rawValue).first)
        #expect(recorder.finished("inner").first?.parentSpanID == outer.spanContext.spanID)
    }

    private func run(
        _ headers: [Header], tracer: any Tracer, _ handler: () -> ClosureHandler
    ) async throws { try await run(headers, tracer: tracer, handler()) }

    @Test func `without a tracer there are no spans`() async throws {
        #expect(Spans.found == nil)
        try await run([Header("traceparent", Self.parent)], tracer: nil, .init { _ in .complete })
        #expect(recorder.finished.isEmpty)
    }
}
