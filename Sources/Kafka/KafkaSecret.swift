/// A password. Printing, interpolating or reflecting it shows a placeholder.
public struct KafkaSecret: Sendable, Hashable {
    let text: String

    /// Wraps `text`, which only the Kafka client sees again.
    public init(_ text: String) {
        self.text = text
    }
}

extension KafkaSecret: ExpressibleByStringLiteral {
    /// For tests: a literal in the source is no secret.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension KafkaSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A placeholder.
    public var description: String { "<redacted>" }
    /// The same placeholder.
    public var debugDescription: String { description }
    // dump() and test failure output walk mirrors: without this they would print the text.
    /// Without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
