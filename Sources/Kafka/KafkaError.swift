internal import CRdKafka
package import Model

/// librdkafka's error codes in Reprise's terms.
package struct KafkaError: Sendable, Hashable {
    /// librdkafka's number: negative for its own errors, positive for a broker's.
    package var rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    init(_ code: rd_kafka_resp_err_t) {
        rawValue = code.rawValue
    }

    var code: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue: rawValue) }
    package var isSuccess: Bool { rawValue == 0 }
    /// Such as `_MSG_TIMED_OUT`.
    package var name: String { String(cString: rd_kafka_err2name(code)) }
    /// librdkafka's sentence for it.
    package var text: String { String(cString: rd_kafka_err2str(code)) }

    /// Trying the same again may help.
    package var isRetriable: Bool {
        switch reprise {
        case .kafkaUnreachable, .kafkaTimeout: true
        default: code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS || code == purged
        }
    }

    /// Left the client because `purge` or `close` threw the message out.
    package var isPurge: Bool { code == purged || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT }

    private var purged: rd_kafka_resp_err_t { RD_KAFKA_RESP_ERR__PURGE_QUEUE }

    /// With `message` as what happened, and the code's name and `detail`, or its sentence, as the
    /// cause.
    package func error(_ message: String, detail: String? = nil) -> RepriseError {
        RepriseError(reprise, message, cause: detail.map { "\(name): \($0)" } ?? "\(name): \(text)")
    }

    /// The code that callers act on; `kafkaRefused` for whatever has none of its own.
    package var reprise: ErrorCode {
        switch code {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__WAIT_COORD,
            RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
            .kafkaUnreachable
        case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            .kafkaTimeout
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            .topicMissing
        case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE:
            .kafkaFatal
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__FENCED:
            .fenced
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
            .tooLarge
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
            RD_KAFKA_RESP_ERR__DESTROY:
            .shuttingDown
        default:
            .kafkaRefused
        }
    }

    /// The broker or the library cannot do what was asked, at any time.
    package var isUnsupported: Bool {
        code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE
            || code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION
            || code == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED
    }
}

/// Owns an `rd_kafka_error_t`.
struct ErrorObject: ~Copyable {
    private let pointer: OpaquePointer

    /// nil when there is no error.
    init?(_ pointer: OpaquePointer?) {
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    var error: KafkaError { KafkaError(rd_kafka_error_code(pointer)) }
    var text: String { String(cString: rd_kafka_error_string(pointer)) }

    deinit { rd_kafka_error_destroy(pointer) }
}
