internal import Model
internal import Reprise

/// Turns brokers and librdkafka properties, as a file has them, into a connection: what has a typed
/// place goes there, the rest passes through and is checked by the Kafka layer.
enum KafkaProperties {
    static func connection(
        brokers: String, properties: [String: String]
    ) throws(RepriseError) -> KafkaConfiguration {
        var rest = properties
        let security = try security(&rest)
        let list = brokers.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        let configuration = KafkaConfiguration(
            brokers: list, security: security, properties: rest)
        try configuration.validate()
        return configuration
    }

    /// Whether a property is a secret by its name.
    static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "ssl.key.pem", "jaas"].contains { name.lowercased().contains($0) }
    }

    private static func security(
        _ rest: inout [String: String]
    ) throws(RepriseError) -> KafkaSecurity {
        let wanted = rest.removeValue(forKey: "security.protocol")?.lowercased() ?? "plaintext"
        guard ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"].contains(wanted) else {
            throw RepriseError(
                .kafkaConfiguration,
                "security.protocol is PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.")
        }
        var security = KafkaSecurity()
        if wanted.hasSuffix("ssl") { security.tls = try tls(&rest) }
        if wanted.hasPrefix("sasl") { security.sasl = try sasl(&rest) }
        return security
    }

    private static func tls(_ rest: inout [String: String]) throws(RepriseError) -> KafkaTLS {
        let check = rest.removeValue(forKey: "ssl.endpoint.identification.algorithm") ?? "https"
        guard check == "https" || check == "none" else {
            throw RepriseError(
                .kafkaConfiguration,
                "ssl.endpoint.identification.algorithm is https, or none (for tests only).")
        }
        return KafkaTLS(
            caLocation: rest.removeValue(forKey: "ssl.ca.location"),
            certificateLocation: rest.removeValue(forKey: "ssl.certificate.location"),
            keyLocation: rest.removeValue(forKey: "ssl.key.location"),
            keyPassword: rest.removeValue(forKey: "ssl.key.password").map { KafkaSecret($0) },
            verifiesHostname: check == "https")
    }

    private static func sasl(_ rest: inout [String: String]) throws(RepriseError) -> KafkaSASL {
        let name =
            rest.removeValue(forKey: "sasl.mechanism")
            ?? rest.removeValue(forKey: "sasl.mechanisms") ?? "SCRAM-SHA-512"
        guard let mechanism = KafkaSASL.Mechanism(rawValue: name) else {
            let known = KafkaSASL.Mechanism.allCases.map(\.rawValue).joined(separator: ", ")
            throw RepriseError(.kafkaConfiguration, "sasl.mechanism is one of \(known).")
        }
        return KafkaSASL(
            mechanism: mechanism, username: rest.removeValue(forKey: "sasl.username") ?? "",
            password: KafkaSecret(rest.removeValue(forKey: "sasl.password") ?? ""))
    }
}
