internal import Model
internal import Transactions

/// What a transaction's headers mean beyond its outcome event.
enum TransactionContextHeaders {
    /// Those that durable actions get as well, so that a handler days later knows what its work goes
    /// back to, and transactions that begin within one or after it.
    private static let passed: Set = ["traceparent", "tracestate", "baggage", "reprise-causation"]

    /// What an action brings itself counts: a trace of its own is not mixed with the transaction's.
    static func pass(_ headers: [Header], to action: inout DurableAction, _ limits: Limits) {
        let own = Set(action.headers.map { $0.name.lowercased() })
        var bytes = action.headers.reduce(action.record?.count ?? 0) { $0 + size($1) }
        for header in headers {
            let name = header.name.lowercased()
            guard passed.contains(name), !own.contains(name),
                !isTrace(name) || !own.contains(where: isTrace),
                action.headers.count < limits.maxHeaders,
                bytes + size(header) <= limits.maxSessionBytes
            else { continue }
            action.headers.append(header)
            bytes += size(header)
        }
    }

    /// The trace that a transaction goes back to becomes that of its own span, which is within it.
    static func replacing(_ trace: [Header], in headers: [Header]) -> [Header] {
        trace.isEmpty ? headers : headers.filter { !isTrace($0.name.lowercased()) } + trace
    }

    static func context(of headers: [Header]) -> [Header] {
        headers.filter { passed.contains($0.name.lowercased()) }
    }

    /// Names that the outcome event's own attributes have: a second one would mislead its readers.
    static func isReserved(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("ce_") || name == "content-type"
    }

    private static func isTrace(_ name: String) -> Bool {
        name == "traceparent" || name == "tracestate"
    }

    private static func size(_ header: Header) -> Int {
        header.name.utf8.count + header.value.utf8.count
    }
}
