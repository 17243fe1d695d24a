/// Every size, count and time that Reprise bounds, in one place. A session always fits one Kafka
/// message with our own headers counted: `maxSessionBytes` leaves room below `maxMessageBytes`.
public struct Limits: Sendable, Hashable {
    /// Bytes of one record. Default 256 KiB.
    public var maxRecordBytes = 256 * 1024
    /// Bytes of all records and headers of a session. Default 768 KiB.
    public var maxSessionBytes = 768 * 1024
    /// Records of a session. Default 1,000.
    public var maxRecords = 1_000
    /// Headers of a session. Default 32.
    public var maxHeaders = 32
    /// Bytes of one header, name and value. Default 4 KiB.
    public var maxHeaderBytes = 4 * 1024
    /// Sessions that a node holds at a time. Default 10 million.
    public var maxSessions = 10_000_000
    /// The longest lease. Default 24 hours.
    public var maxLease: Milliseconds = 24 * 3600 * 1000
    /// The latest due time that is accepted: the end of the year 9999.
    public var maxDue = Timestamp(milliseconds: 253_402_300_799_999)
    /// Attempts that a session's history keeps; the oldest give way. Default 16.
    public var maxHistory = 16
    /// Bytes of a reason or of an error text kept with a session. Default 512.
    public var maxReasonBytes = 512

    /// Bytes of a kind's name.
    public static let maxKindBytes = 128
    /// Bytes of a node's or a worker's name.
    public static let maxNodeBytes = 128
    /// Bytes of a Kafka message, headers counted: what an unconfigured broker takes.
    public static let maxMessageBytes = 1_000_000
    /// Bytes that events of a later version may add to a session that is full already.
    public static let maxUnreadBytes = 16 * 1024
    /// Bytes set aside for what Reprise adds to a message: its headers, the key, the framing.
    public static let ownHeaderBytes = 4 * 1024
    /// Journals that a partition's fold remembers at most; the one longest silent gives way.
    public static let maxJournals = 4_096

    public init() {}
}
