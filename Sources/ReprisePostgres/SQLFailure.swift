internal import CPostgres
public import Model

/// A statement that was refused, or a connection that is gone.
struct SQLFailure: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// The server refused, and the connection is still good.
        case statement
        /// Nobody knows whether the statement took effect.
        case connectionLost
    }

    var kind: Kind
    /// Five characters; nil where the server said nothing.
    var state: String?
    /// Fit for people and for logs: never a value of the statement.
    var text: String

    static func lost(_ text: String) -> SQLFailure {
        SQLFailure(kind: .connectionLost, state: nil, text: text)
    }

    static func refused(_ text: String) -> SQLFailure {
        SQLFailure(kind: .statement, state: nil, text: text)
    }

    /// Classes of SQLSTATE whose primary message names objects, but never quotes values. Details
    /// quote them in all classes.
    private static let quotable: Set<Substring> = [
        "08", "23", "25", "28", "2D", "40", "42", "53", "54", "55", "57", "58",
    ]

    /// From a result that is an error.
    init(result: OpaquePointer?) {
        let state = reprise_pq_state(result).map { String(cString: $0) }
        let severity = reprise_pq_severity(result).map { String(cString: $0) }
        self.state = state
        // An ERROR ends the transaction and nothing else; FATAL and PANIC end the connection, and
        // where there is no severity libpq made the error up because the connection is gone.
        kind = severity == "ERROR" ? .statement : .connectionLost
        guard let state, let message = reprise_pq_message(result) else {
            text = "the connection is gone"
            return
        }
        if SQLFailure.quotable.contains(state.prefix(2)) {
            text = String(cString: message)
        } else {
            text = "the message is left out, since it may quote values"
        }
        if let constraint = reprise_pq_constraint(result) {
            text += " [constraint \(String(cString: constraint))]"
        }
    }

    init(kind: Kind, state: String?, text: String) {
        self.kind = kind
        self.state = state
        self.text = text
    }

    /// For the caller: `resource` is a resource's name.
    func error(_ resource: String, _ doing: String) -> RepriseError {
        let message =
            kind == .statement
            ? "PostgreSQL refused to \(doing) in the resource \(resource)."
            : "The connection of the resource \(resource) was lost while it was asked to \(doing)."
        return RepriseError(
            .resourceFailed, message,
            cause: state.map { "\(RepriseError.sqlStatePrefix)\($0): \(text)" } ?? text)
    }
}

extension RepriseError {
    static let sqlStatePrefix = "SQLSTATE "

    /// The five characters by which PostgreSQL names what went wrong, such as `23505` for a value
    /// that must be unique and is not; nil where the error is none of PostgreSQL's.
    public var sqlState: String? {
        guard let cause, cause.hasPrefix(RepriseError.sqlStatePrefix) else { return nil }
        let state = cause.dropFirst(RepriseError.sqlStatePrefix.count).prefix(5)
        return state.utf8.count == 5 ? String(state) : nil
    }
}
