/// What every operation of Reprise throws: a code to act on, a sentence for people, and the cause.
public struct RepriseError: Error, Sendable, Hashable {
    /// What to decide by; its page in `schemas/errors/` says what to do.
    public var code: ErrorCode
    /// What happened and what to do about it. Never holds a payload or a secret.
    public var message: String
    /// The underlying failure, such as the text of an errno or of a librdkafka error.
    public var cause: String?

    public init(_ code: ErrorCode, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension RepriseError: CustomStringConvertible {
    public var description: String {
        let tail = cause.map { " (cause: \($0))" } ?? ""
        return "\(code.rawValue): \(message)\(tail)"
    }
}
