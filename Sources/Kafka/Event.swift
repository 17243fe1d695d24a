internal import CRdKafka
internal import Model

/// Owns one librdkafka event; what it points to lives as long as it does.
struct Event: ~Copyable {
    let pointer: OpaquePointer

    /// Waits up to `timeout` milliseconds; nil when nothing came or somebody called for a wake-up.
    init?(from queue: OpaquePointer, timeout: Int32) {
        guard let pointer = rd_kafka_queue_poll(queue, timeout) else { return nil }
        self.pointer = pointer
    }

    var type: Int32 { rd_kafka_event_type(pointer) }
    var error: KafkaError { KafkaError(rd_kafka_event_error(pointer)) }
    var errorText: String {
        rd_kafka_event_error_string(pointer).map { String(cString: $0) } ?? error.text
    }

    /// What an ERROR event says; a fatal one carries the reason that ended the client.
    func clientError(of client: OpaquePointer) -> RepriseError {
        let error = error
        let isFatal = rd_kafka_event_error_is_fatal(pointer) != 0
        guard isFatal || error.code == RD_KAFKA_RESP_ERR__FATAL else {
            return error.error("Kafka reports trouble; the client keeps trying", detail: errorText)
        }
        var text = [CChar](repeating: 0, count: 512)
        let reason = KafkaError(rd_kafka_fatal_error(client, &text, text.count))
        return RepriseError(
            .kafkaFatal, "this Kafka client came to its end; make a new one and go on",
            cause: "\(reason.name): \(String(cString: &text))")
    }

    /// Gives the event away: the taker destroys it.
    consuming func take() -> OpaquePointer {
        let taken = pointer
        discard self
        return taken
    }

    deinit { rd_kafka_event_destroy(pointer) }
}
