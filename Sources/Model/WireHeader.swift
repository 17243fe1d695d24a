/// The names of the headers of a message in the sessions topic. What they say stands in the event
/// too, except the origin: which journal an event came from, and its number there.
public enum WireHeader {
    /// The event's type, such as `opened`; `batch` for an `EventBatch`.
    public static let type: StaticString = "reprise-type"
    /// The value of `type` where the message holds an `EventBatch`.
    public static let batch = "batch"
    /// The event's sequence in its session.
    public static let sequence: StaticString = "reprise-sequence"
    /// Who wrote it: `Writer.text`.
    public static let writer: StaticString = "reprise-writer"
    /// Its log sequence number in the writer's journal, in decimal digits.
    public static let position: StaticString = "reprise-position"
    /// The session's kind; on `opened` and on dead letters.
    public static let kind: StaticString = "reprise-kind"
    /// Why a session was parked; on dead letters.
    public static let reason: StaticString = "reprise-reason"
    /// The partition that the session is pinned to; on dead letters.
    public static let partition: StaticString = "reprise-partition"
}

extension Writer {
    /// `node/journal/incarnation`, the numbers in hexadecimal digits.
    public var text: String {
        "\(node)/\(String(journal, radix: 16))/\(String(incarnation, radix: 16))"
    }

    /// Reads `text`; nil where it is none.
    public init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count <= Limits.maxNodeBytes,
            let journal = UInt64(parts[1], radix: 16),
            let incarnation = UInt64(parts[2], radix: 16)
        else { return nil }
        self.init(node: String(parts[0]), journal: journal, incarnation: incarnation)
    }
}
