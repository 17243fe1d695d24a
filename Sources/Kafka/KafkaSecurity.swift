/// How a client proves who it is and whom it talks to. Both parts nil: plain text.
public struct KafkaSecurity: Sendable, Hashable {
    /// nil: the connection is not encrypted.
    public var tls: KafkaTLS?
    /// nil: the client does not say who it is, unless by a TLS certificate.
    public var sasl: KafkaSASL?

    /// What is given is used; what is nil is not.
    public init(tls: KafkaTLS? = nil, sasl: KafkaSASL? = nil) {
        self.tls = tls
        self.sasl = sasl
    }

    /// Neither encrypted nor authenticated: for brokers on a network that you trust.
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
    /// Certificates of the authorities that may vouch for a broker.
    public var caLocation: String?
    /// The client's own certificate; goes with `keyLocation`.
    public var certificateLocation: String?
    /// The private key of the client's certificate.
    public var keyLocation: String?
    /// Opens the private key; nil for one that is not encrypted.
    public var keyPassword: KafkaSecret?
    /// Compare the broker's name with its certificate. Off only for tests.
    public var verifiesHostname: Bool

    /// With nothing given: the system's authorities, no client certificate.
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

/// A user name and a password for the brokers; sent in the clear by `plain` without TLS.
public struct KafkaSASL: Sendable, Hashable {
    /// librdkafka's `sasl.mechanism`; the brokers must offer it.
    public enum Mechanism: String, Sendable, Hashable, CaseIterable {
        /// The password itself is sent.
        case plain = "PLAIN"
        /// A proof of the password is sent.
        case scramSHA256 = "SCRAM-SHA-256"
        /// As `scramSHA256`, with the longer digest.
        case scramSHA512 = "SCRAM-SHA-512"
    }

    /// How the password is proven.
    public var mechanism: Mechanism
    /// Must not be empty.
    public var username: String
    /// Must not be empty.
    public var password: KafkaSecret

    /// Checked by `KafkaConfiguration.validate()`.
    public init(mechanism: Mechanism, username: String, password: KafkaSecret) {
        self.mechanism = mechanism
        self.username = username
        self.password = password
    }
}
