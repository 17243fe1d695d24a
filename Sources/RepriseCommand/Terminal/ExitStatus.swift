internal import ArgumentParser
internal import Reprise

/// How a command ends; the numbers are those of sysexits(3). The table stands in the program's help.
enum ExitStatus: Int32, Sendable {
    case success = 0
    /// What was asked for was done or looked at, and not all of it is well.
    case trouble = 1
    /// The command or the request is wrong.
    case usage = 64
    /// What was asked for is not there.
    case notFound = 66
    /// A node, Kafka or a handler does not answer.
    case unavailable = 69
    /// A defect, or a failure of disk or log.
    case internalFailure = 70
    /// Somebody else was first, or it is busy: try again.
    case conflict = 75
    /// The token does not allow it.
    case refused = 77
    /// Settings, topics or files are not as they must be.
    case configuration = 78

    init(_ code: ErrorCode) {
        switch code {
        case .invalidRequest, .unknownKind, .tooLarge, .kindMismatch: self = .usage
        case .notFound, .transactionNotFound: self = .notFound
        case .kafkaUnreachable, .kafkaTimeout, .handlerUnavailable, .shuttingDown:
            self = .unavailable
        case .unauthorized, .forbidden, .kafkaRefused: self = .refused
        case .fenced, .leaseExpired, .tooManyRequests, .tooManySessions, .journalLocked,
            .journalBusy, .diskFull:
            self = .conflict
        case .configuration, .kafkaConfiguration, .topicMissing, .topicPolicy, .topicPartitions,
            .handlerMissing, .clockSkew, .secretReadable:
            self = .configuration
        default: self = .internalFailure
        }
    }

    /// For the program's help.
    static let help = """
        Exit status: 0 done; 1 done or looked at, and not all is well; 64 wrong command or request; \
        66 not there; 69 node, Kafka or handler does not answer; 70 failure of disk, log or \
        program; 75 busy or taken, try again; 77 not allowed; 78 settings or topics are wrong.
        """

    /// `ExitCode` for a command to throw where it has said already what is wrong.
    var exit: ExitCode { ExitCode(rawValue) }
}
