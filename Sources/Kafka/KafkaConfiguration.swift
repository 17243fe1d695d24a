internal import CRdKafka
internal import Glibc
public import Model

/// Where Kafka is and how to talk to it. Shared by producers, consumers and admin clients.
public struct KafkaConfiguration: Sendable, Hashable {
    /// `host:port` of one or more brokers to start from.
    public var brokers: [String]
    /// Shown in the brokers' logs and quotas.
    public var clientID: String
    /// TLS and SASL; neither by default.
    public var security: KafkaSecurity
    /// Further librdkafka properties, passed through after they were checked. Properties that
    /// Reprise sets itself, or that could lose data, are refused by `validate()`.
    public var properties: [String: String]

    /// Nothing is checked before `validate()`.
    public init(
        brokers: [String], clientID: String = "reprise", security: KafkaSecurity = .plaintext,
        properties: [String: String] = [:]
    ) {
        self.brokers = brokers
        self.clientID = clientID
        self.security = security
        self.properties = properties
    }

    /// Finds what is wrong before the first connection is tried.
    ///
    /// - Throws: `kafkaConfiguration`, naming the property and what to do about it.
    public func validate() throws(RepriseError) {
        try validateBrokers()
        try validateSecurity()
        let properties = try ClientProperties(self, role: .producer(KafkaProducerOptions()))
        _ = try Conf(properties)
    }

    private func validateBrokers() throws(RepriseError) {
        if brokers.isEmpty {
            throw RepriseError(
                .kafkaConfiguration, "no brokers are configured; name at least one host:port")
        }
        for broker in brokers {
            let parts = broker.split(separator: ":", omittingEmptySubsequences: false)
            let port = parts.last.flatMap { UInt16($0) } ?? 0
            let host = broker.dropLast((parts.last?.count ?? 0) + 1)
            let blank = broker.contains { $0.isWhitespace || $0 == "," || $0 == "\0" }
            if parts.count < 2 || port == 0 || host.isEmpty || blank {
                throw RepriseError(
                    .kafkaConfiguration,
                    "broker \"\(broker)\" is not host:port with a port from 1 to 65535")
            }
        }
    }

    private func validateSecurity() throws(RepriseError) {
        if let sasl = security.sasl, sasl.username.isEmpty || sasl.password.text.isEmpty {
            throw RepriseError(
                .kafkaConfiguration,
                "SASL \(sasl.mechanism.rawValue) needs a user name and a password")
        }
        if let tls = security.tls, (tls.certificateLocation == nil) != (tls.keyLocation == nil) {
            throw RepriseError(
                .kafkaConfiguration,
                "a TLS client certificate needs both ssl.certificate.location and"
                    + " ssl.key.location; only one is set")
        }
        let files = [
            ("ssl.ca.location", security.tls?.caLocation),
            ("ssl.certificate.location", security.tls?.certificateLocation),
            ("ssl.key.location", security.tls?.keyLocation),
        ]
        for case (let name, let path?) in files where access(path, R_OK) != 0 {
            // librdkafka's own words for this leave the path out.
            throw RepriseError(
                .kafkaConfiguration, "\(name): \(path) cannot be read; check path and permissions",
                cause: String(cString: strerror(errno)))
        }
    }
}

extension KafkaConfiguration: CustomStringConvertible, CustomReflectable {
    /// Names only: a passed-through property may hold a secret.
    public var description: String {
        let names = properties.keys.sorted().joined(separator: ",")
        return "brokers=\(brokers.joined(separator: ",")) client=\(clientID)"
            + " security=\(security.protocolName) properties=[\(names)]"
    }

    /// The description alone, so that dumping it shows no secret either.
    public var customMirror: Mirror {
        Mirror(self, children: ["description": description])
    }
}
