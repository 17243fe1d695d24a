package import Model
internal import Tracing

/// The headers that W3C has for a trace context, as sessions and transactions carry them.
package enum TraceHeaders {
    /// What a tracer may write; other headers of its own it has to do without.
    private static let names: Set = ["traceparent", "tracestate", "baggage"]
    private static let maxBytes = 8_192

    package static func isParent(_ name: String) -> Bool { name.lowercased() == "traceparent" }

    static func takes(_ name: String, _ value: String) -> Bool {
        names.contains(name.lowercased()) && value.utf8.count <= maxBytes
    }

    /// `headers` with `trace`, unless they have a trace of their own or too little room.
    package static func adding(
        _ trace: [Header], to headers: [Header], _ limits: Limits, bytes: Int = 0
    ) -> [Header] {
        guard !trace.isEmpty, !headers.contains(where: { isParent($0.name) }) else {
            return headers
        }
        let given = Set(headers.map { $0.name.lowercased() })
        let joined = headers + trace.filter { !given.contains($0.name.lowercased()) }
        let size = joined.reduce(bytes) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        return joined.count <= limits.maxHeaders && size <= limits.maxSessionBytes
            ? joined : headers
    }
}

struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [Header]) {
        guard TraceHeaders.takes(key, value) else { return }
        carrier.append(Header(key, value))
    }
}

struct HeaderExtractor: Extractor {
    func extract(key: String, from carrier: [Header]) -> String? {
        let key = key.lowercased()
        return carrier.first { $0.name.lowercased() == key }?.value
    }
}
