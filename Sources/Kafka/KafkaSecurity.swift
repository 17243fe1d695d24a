/// How a client proves who it is and whom it talks to. Both parts nil: plain text.
public struct KafkaSecurity: Sendable, Hashable {
    public var tls: KafkaTLS?
    public var sasl: KafkaSASL?

    public init(tls: KafkaTLS? = nil, sasl: KafkaSASL? = nil) {
        self.tls = tls
        self.sasl = sasl
    }

    public static let plaintext = KafkaSecurity()

    /// librdkafka's `security.protocol`.
    var protocolName: String {
        switch (tls == nil, sasl == nil) {
        case (true, true): "plaintext"
        case (false, true): "ssl"
        case (true, false): "sasl_plaintext"
        case (false, false): "sasl_ssl"
        }
    }
}

/// Files are PEM; a nil location leaves librdkafka's default (the system's certificates).
public struct KafkaTLS: Sendable, Hashable {
    public var caLocation: String?
    public var certificateLocation: String?
    public var keyLocation: String?
    public var keyPassword: KafkaSecret?
    /// Compare the broker's name with its certificate. Off only for tests.
    public var verifiesHostname: Bool

    public init(
        caLocation: String? = nil, certificateLocation: String? = nil, keyLocation: String? = nil,
        keyPassword: KafkaSecret? = nil, verifiesHostname: Bool = true
    ) {
        self.caLocation = caLocation
        self.certificateLocation = certificateLocation
        self.keyLocation = keyLocation
        self.keyPassword = keyPassword
        self.verifiesHostname = verifiesHostname
    }
}

public struct KafkaSASL: Sendable, Hashable {
    public enum Mechanism: String, Sendable, Hashable, CaseIterable {
        case plain = "PLAIN"
        case scramSHA256 = "SCRAM-SHA-256"
        case scramSHA512 = "SCRAM-SHA-512"
    }

    public var mechanism: Mechanism
    public var username: String
    public var password: KafkaSecret

    public init(mechanism: Mechanism, username: String, password: KafkaSecret) {
        self.mechanism = mechanism
        self.username = username
        self.password = password
    }
}
