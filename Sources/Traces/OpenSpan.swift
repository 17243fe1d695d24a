package import Model
internal import Tracing

/// A span that has begun. Whoever began it ends it.
package struct OpenSpan: Sendable {
    let span: any Span
    let spans: Spans

    /// Longer values are cut.
    private static let maxValueBytes = 256

    package func set(_ key: SpanKey, _ value: String) {
        var text = value
        if text.utf8.count > OpenSpan.maxValueBytes {
            text = String(decoding: text.utf8.prefix(OpenSpan.maxValueBytes), as: UTF8.self)
        }
        span.updateAttributes { $0[key.rawValue] = text }
    }

    package func set(_ key: SpanKey, _ value: Int) {
        span.updateAttributes { $0[key.rawValue] = value }
    }

    package func set(_ key: SpanKey, _ value: Bool) {
        span.updateAttributes { $0[key.rawValue] = value }
    }

    /// What the span stands for did not succeed.
    package func fail() { span.setStatus(SpanStatus(code: .error)) }

    /// The same, and why.
    package func fail(_ code: ErrorCode) {
        set(.code, code.rawValue)
        fail()
    }

    package func end() { span.end() }

    /// The span as headers, for what is caused by it in another process or at another time.
    package var headers: [Header] { spans.headers(of: span.context) }
}

/// Runs `body` with `span` as the current one; as it is where there is none.
package func within<Result>(
    _ span: OpenSpan?, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Result
) async rethrows -> Result {
    guard let span else { return try await body() }
    return try await InstrumentationContext.$current.withValue(span.span.context, operation: body)
}
