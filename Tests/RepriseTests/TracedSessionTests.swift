import InMemoryTracing
import Reprise
import TestSupport
import Testing
import Traces
import Tracing

@Suite(.timeLimit(.minutes(10))) struct TracedSessionTests {
    private let kind = Kind(unchecked: "user.create")
    private let recorder = TraceRecorder()

    @Test func `an attempt links to the span that the session was opened in`() async throws {
        struct Failure: Error {}
        let directory = try TemporaryDirectory()
        var policy = KindPolicy()
        policy.retry.firstDelay = 0
        policy.retry.jitter = 0
        var journal = JournalConfiguration(directory: directory.path)
        journal.segmentBytes = 1 << 22
        let configuration = RepriseConfiguration(
            node: "test", journal: journal, kinds: [kind: policy])
        let carried = Probe<[[Header]]>([])
        let handler = ClosureHandler { session in
            carried.update { $0.append(session.headers) }
            return .complete
        }
        let (kind, recorder) = (kind, recorder)
        try await withTracer(recorder) {
            let reprise = try await Reprise.open(configuration, handlers: [kind: handler])
            let origin = recorder.startSpan("sign up")
            await #expect(throws: Failure.self) {
                try await InstrumentationContext.$current.withValue(origin.context) {
                    try await reprise.withSession(kind) { _ in throw Failure() }
                }
            }
            origin.end()
            try await eventually("the attempt's span", seconds: 100) {
                !recorder.finished(SpanName.recover.rawValue).isEmpty
            }
            let span = try #require(recorder.finished(SpanName.recover.rawValue).first)
            #expect(
                span.links.map { $0.context.inMemorySpanContext?.spanID } == [
                    origin.spanContext.spanID
                ])
            #expect(span.traceID != origin.traceID)
            #expect(
                carried.read { $0 } == [
                    [Header("traceparent", TraceRecorder.parent(origin.spanContext))]
                ])
            await reprise.close()
        }
    }
}
