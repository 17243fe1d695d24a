public import InMemoryTracing
internal import Synchronization
public import Tracing

/// A tracer that keeps its spans, and carries contexts as W3C's `traceparent`. Tests give it to
/// `withTracer`, so that they do not see each other's.
public struct TraceRecorder: Tracer {
    private let memory: InMemoryTracer

    public init() {
        let count = Numbers()
        memory = InMemoryTracer(
            idGenerator: .init(
                nextTraceID: { TraceRecorder.hex(count.next(), 32) },
                nextSpanID: { TraceRecorder.hex(count.next(), 16) }),
            recordInjections: false, recordExtractions: false)
    }

    public var finished: [FinishedInMemorySpan] { memory.finishedSpans }

    public func finished(_ name: String) -> [FinishedInMemorySpan] {
        finished.filter { $0.operationName == name }
    }

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext,
        ofKind kind: SpanKind, at instant: @autoclosure () -> Instant, function: String,
        file fileID: String, line: UInt
    ) -> InMemorySpan {
        memory.startSpan(
            operationName, context: context(), ofKind: kind, at: instant(), function: function,
            file: fileID, line: line)
    }

    public func forceFlush() {}

    public func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Carrier == Inject.Carrier {
        guard let span = context.inMemorySpanContext else { return }
        injector.inject(
            TraceRecorder.parent(span), forKey: "traceparent", into: &carrier)
    }

    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Carrier == Extract.Carrier {
        let parts = (extractor.extract(key: "traceparent", from: carrier) ?? "").split(
            separator: "-")
        guard parts.count == 4 else { return }
        context.inMemorySpanContext = InMemorySpanContext(
            traceID: String(parts[1]), spanID: String(parts[2]), parentSpanID: nil)
    }

    /// As text, to be compared.
    public static func attributes(of span: FinishedInMemorySpan) -> [String: String] {
        var texts: [String: String] = [:]
        span.attributes.forEach { texts[$0] = TraceRecorder.text($1) }
        return texts
    }

    private static func text(_ attribute: SpanAttribute) -> String {
        switch attribute {
        case .string(let value): value
        case .int64(let value): "\(value)"
        case .bool(let value): "\(value)"
        default: "\(attribute)"
        }
    }

    public static func parent(_ span: InMemorySpanContext) -> String {
        "00-\(span.traceID)-\(span.spanID)-01"
    }

    private static func hex(_ number: Int, _ length: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: length - digits.count) + digits
    }
}

private final class Numbers: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
