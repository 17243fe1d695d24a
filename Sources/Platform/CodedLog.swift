package import Logging
package import Model

/// What somebody should look at: such a line names an error code, whose page says what to do.
package enum Gravity: Sendable {
    case warning, error, critical

    fileprivate var level: Logger.Level {
        switch self {
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}

extension Logger {
    /// Under this key lines say what went wrong.
    package static let codeKey = "reprise.error.code"

    /// The only way in which anything at warning or above is logged here: it cannot be called
    /// without a code.
    package func report(
        _ gravity: Gravity, _ code: ErrorCode, _ message: Message, metadata: Metadata = [:],
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) {
        guard logLevel <= gravity.level else { return }
        var metadata = metadata
        metadata[Logger.codeKey] = .string(code.rawValue)
        log(
            level: gravity.level, message, metadata: metadata, file: file, function: function,
            line: line)
    }

    /// The same with an error's code and its sentence.
    package func report(
        _ gravity: Gravity, _ error: RepriseError, _ message: Message, metadata: Metadata = [:],
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) {
        var metadata = metadata
        metadata["reprise.error"] = .string(error.message)
        report(
            gravity, error.code, message, metadata: metadata, file: file, function: function,
            line: line)
    }
}
