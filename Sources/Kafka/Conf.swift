internal import CRdKafka
internal import Model

/// Owns an `rd_kafka_conf_t` until a client takes it over.
struct Conf: ~Copyable {
    private var pointer: OpaquePointer?

    /// - Throws: `kafkaConfiguration` for a property or value that librdkafka does not accept.
    init(_ properties: ClientProperties) throws(RepriseError) {
        pointer = rd_kafka_conf_new()
        for (name, value) in properties.pairs {
            try set(name, value)
        }
    }

    private func set(_ name: String, _ value: String) throws(RepriseError) {
        var text = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(pointer, name, value, &text, text.count)
        if result == RD_KAFKA_CONF_OK { return }
        let advice =
            result == RD_KAFKA_CONF_UNKNOWN
            ? "librdkafka \(KafkaVersion.text) does not know it; check the spelling"
            : "its value is not accepted"
        // librdkafka's text repeats the value, and the value may be a secret.
        let cause = Conf.mayHoldSecret(name) ? nil : String(cString: &text)
        throw RepriseError(
            .kafkaConfiguration, "the Kafka property \(name) cannot be set: \(advice)",
            cause: cause)
    }

    static func mayHoldSecret(_ name: String) -> Bool {
        ["password", "secret", "pem", "jaas", "oauth", "key", "username"].contains {
            name.contains($0)
        }
    }

    consuming func newClient(
        _ type: rd_kafka_type_t, events: Int32
    ) throws(RepriseError) -> OpaquePointer {
        rd_kafka_conf_set_events(
            pointer, events | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
        var text = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(type, pointer, &text, text.count) else {
            throw RepriseError(
                .kafkaConfiguration,
                "librdkafka refused the configuration; check the Kafka section",
                cause: String(cString: &text))
        }
        pointer = nil  // rd_kafka_new owns it from here on, but only when it succeeded.
        return client
    }

    deinit {
        if let pointer { rd_kafka_conf_destroy(pointer) }
    }
}
