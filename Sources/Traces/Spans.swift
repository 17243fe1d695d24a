package import Model
internal import Tracing

/// The tracer that the program has bootstrapped. There is none unless it has, and then nothing is
/// spent on spans.
package struct Spans: Sendable {
    let tracer: any Tracer

    /// Nil without a tracer. Asks under a lock: keep it where work comes in large numbers.
    package static var found: Spans? {
        // Before the search for a tracer, which is dear: there is nothing to search in most programs.
        guard type(of: InstrumentationSystem.instrument) != NoOpInstrument.self else { return nil }
        let tracer = InstrumentationSystem.tracer
        return tracer is NoOpTracer ? nil : Spans(tracer: tracer)
    }

    /// A span within the current one; one that was begun elsewhere where `carried` says so.
    package func start(_ name: SpanName, carried headers: [Header] = []) -> OpenSpan {
        var context = InstrumentationContext.current ?? .topLevel
        if !headers.isEmpty {
            tracer.extract(headers, into: &context, using: HeaderExtractor())
        }
        return start(name, in: context)
    }

    /// A span that begins a trace of its own and points back to what `headers` were written in: the
    /// two may lie days apart, and one trace over both could not be read.
    package func startLinked(_ name: SpanName, to headers: [Header]) -> OpenSpan {
        let span = start(name, in: .topLevel)
        guard headers.contains(where: { TraceHeaders.isParent($0.name) }) else { return span }
        var origin = InstrumentationContext.topLevel
        tracer.extract(headers, into: &origin, using: HeaderExtractor())
        span.span.addLink(SpanLink(context: origin, attributes: [:]))
        return span
    }

    /// The current span as headers; empty outside of one.
    package var currentHeaders: [Header] {
        InstrumentationContext.current.map { headers(of: $0) } ?? []
    }

    func headers(of context: InstrumentationContext) -> [Header] {
        var headers: [Header] = []
        tracer.inject(context, into: &headers, using: HeaderInjector())
        return headers
    }

    private func start(_ name: SpanName, in context: InstrumentationContext) -> OpenSpan {
        OpenSpan(
            span: tracer.startAnySpan(name.rawValue, context: context, ofKind: name.kind),
            spans: self)
    }
}
