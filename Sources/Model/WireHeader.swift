/// The names of the headers of a message in the sessions topic. What they say stands in the event
/// too, except the origin: which journal an event came from, and its number there.
public enum WireHeader {
    /// The event's type, such as `opened`; `batch` for an `EventBatch`.
    public static let type: StaticString = "reprise-type"
    /// The value of `type` where the message holds an `EventBatch`.
    public static let batch = "batch"
    /// Who wrote it: `Origin.text`. One header, because each costs a producer as much as the message.
    public static let origin: StaticString = "reprise-origin"
    /// The session's kind; on `opened` and on dead letters.
    public static let kind: StaticString = "reprise-kind"
    /// Why a session was parked; on dead letters.
    public static let reason: StaticString = "reprise-reason"
    /// The partition that the session is pinned to; on dead letters.
    public static let partition: StaticString = "reprise-partition"
}

extension Origin {
    /// The writer's text, and for what a mirror copied its number behind another `/`, in decimal
    /// digits.
    public var text: String { sequence == 0 ? writer.text : "\(writer.text)/\(sequence)" }
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
