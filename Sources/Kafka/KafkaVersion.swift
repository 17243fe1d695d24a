internal import CRdKafka

/// The librdkafka that this process runs with.
public enum KafkaVersion {
    /// As librdkafka writes it, such as `2.0.2`.
    public static var text: String { String(cString: rd_kafka_version_str()) }

    /// `0xMMmmrrpp`: major, minor, revision and pre-release in one byte each.
    static var number: Int32 { rd_kafka_version() }

    /// First release in which closing a cooperative-sticky consumer before its first assignment
    /// does not abort the process (librdkafka 4312).
    static var survivesEarlyClose: Bool { number >= 0x0203_00ff }

    /// What to say at start when the library is older than the releases that fixed consumer
    /// defects which Reprise has to work around; nil when it is not.
    public static var warning: String? {
        if survivesEarlyClose { return nil }
        return "librdkafka \(text) has known consumer defects (4312, 4442, 4041) that Reprise works"
            + " around; 2.3.0 or newer is advised"
    }
}
