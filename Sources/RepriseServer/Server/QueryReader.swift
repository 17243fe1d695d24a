internal import Model

/// Reads what stands behind the question mark of a request. A parameter that is not known is refused:
/// a misspelt filter must not show everything.
enum QueryReader {
    /// Of a list of sessions. `allowed` are the parameters that this list knows.
    static func filter(
        of parameters: some Sequence<(key: Substring, value: Substring)>,
        allowed: [String] = sessions
    ) throws(RepriseError) -> SessionFilter {
        var filter = SessionFilter()
        for (name, value) in parameters {
            guard allowed.contains(String(name)) else {
                throw RepriseError(
                    .invalidRequest,
                    "There is no parameter \"\(name.prefix(64))\"; there are: "
                        + "\(allowed.joined(separator: ", ")).")
            }
            try take(name, value, into: &filter)
        }
        return filter
    }

    static let sessions = [
        "kind", "phase", "id", "dueFromMs", "dueToMs", "olderThanMs", "limit", "after",
    ]
    static let deadLetters = ["kind", "reason", "limit", "after"]

    private static func take(
        _ name: Substring, _ value: Substring, into filter: inout SessionFilter
    ) throws(RepriseError) {
        switch name {
        case "kind": filter.kind = try Kind(String(value))
        case "after": filter.after = try SessionID(checking: value)
        case "phase": filter.phase = try choice(name, value)
        case "reason": filter.reason = try choice(name, value)
        case "id":
            filter.id = try self.value(
                name, SessionIDPrefix(value), "how an id begins: hexadecimal digits and dashes")
        case "dueFromMs": filter.dueFrom = Timestamp(milliseconds: try integer(name, value))
        case "dueToMs": filter.dueTo = Timestamp(milliseconds: try integer(name, value))
        case "olderThanMs": filter.olderThan = max(0, try integer(name, value))
        default:
            let limit = Int(value).flatMap { (1...SessionFilter.maxLimit).contains($0) ? $0 : nil }
            filter.limit = try self.value(name, limit, "1 to \(SessionFilter.maxLimit)")
        }
    }

    private static func choice<Value: RawRepresentable & CaseIterable>(
        _ name: Substring, _ text: Substring
    ) throws(RepriseError) -> Value where Value.RawValue == String {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(name, Value(rawValue: String(text)), "one of \(names)")
    }

    private static func integer(
        _ name: Substring, _ text: Substring
    ) throws(RepriseError) -> Int64 {
        try value(name, Int64(text), "a whole number of milliseconds")
    }

    private static func value<Value>(
        _ name: Substring, _ value: Value?, _ allowed: String
    ) throws(RepriseError) -> Value {
        guard let value else { throw RepriseError(.invalidRequest, "\(name) is \(allowed).") }
        return value
    }
}
