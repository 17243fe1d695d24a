/// A password. Printing, interpolating or reflecting it shows a placeholder.
public struct KafkaSecret: Sendable, Hashable {
    let text: String

    public init(_ text: String) {
        self.text = text
    }
}

extension KafkaSecret: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension KafkaSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    // dump() and test failure output walk mirrors: without this they would print the text.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
