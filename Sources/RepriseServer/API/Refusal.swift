internal import HTTPTypes
internal import Model

/// An error on its way to the caller: its code and message, and the HTTP status they travel under.
struct Refusal: Error, Sendable, Hashable {
    var status: HTTPResponse.Status
    var error: RepriseError
    var headers = HTTPFields()
    /// How a branch was finished, where an operator decided.
    var outcome: String?

    /// The status is the code's own.
    init(_ error: RepriseError) {
        self.error = error
        status = error.code.status
        if status == .serviceUnavailable || status == .tooManyRequests {
            headers[.retryAfter] = "1"
        }
    }

    /// HTTP has a more telling status than the code's own.
    init(_ status: HTTPResponse.Status, _ code: ErrorCode, _ message: String) {
        self.status = status
        error = RepriseError(code, message)
    }

    var body: RefusalBody {
        RefusalBody(error: .init(error), outcome: outcome)
    }
}

/// `{"error": {"code": …, "message": …, "page": …}}`
struct RefusalBody: Encodable {
    var error: Content
    var outcome: String?

    struct Content: Encodable {
        var code: String
        var message: String
        var page: String

        init(_ error: RepriseError) {
            code = error.code.rawValue
            message = error.message
            page = error.code.page
        }
    }
}

extension ErrorCode {
    /// Where the page of this code is, in the source tree and in the documentation.
    var page: String { "schemas/errors/\(rawValue).md" }

    /// The HTTP status that goes with this code. Fixed: it is part of the API.
    var status: HTTPResponse.Status {
        switch self {
        case .invalidRequest, .xidInvalid: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .tooManyRequests: .tooManyRequests
        case .notFound, .transactionNotFound: .notFound
        case .leaseExpired, .fenced, .kindMismatch, .transactionNotActive, .transactionReadOnly,
            .transactionRolledBack, .transactionHeuristic, .noTransaction:
            .conflict
        case .tooLarge: .contentTooLarge
        case .unknownKind: .unprocessableContent
        case .diskFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
        case .shuttingDown, .tooManySessions, .kafkaUnreachable, .mirrorStalled, .journalBusy:
            .serviceUnavailable
        case .outcomeUnknown, .kafkaTimeout, .transactionTimeout, .transactionInDoubt:
            .gatewayTimeout
        case .journalLocked, .journalDamaged, .journalForeignFile, .journalVersion,
            .journalPoisoned, .journalIO, .kafkaConfiguration, .kafkaRefused, .kafkaFatal,
            .topicMissing, .topicPolicy, .topicPartitions, .undecodable, .handlerFailed,
            .handlerTimeout, .handlerMissing, .handlerRefused, .handlerUnavailable,
            .attemptsExhausted, .ageExceeded, .unknownVersion, .checkpointUnusable, .conservation,
            .configuration, .internalDefect, .transactionNesting, .transactionRounds,
            .resourceUnsuitable, .resourceUnknown, .resourceFailed, .clockSkew, .diskSlow,
            .secretReadable:
            .internalServerError
        }
    }
}
