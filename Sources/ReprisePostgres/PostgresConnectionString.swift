/// Where a database is and how to log in: `host=db dbname=shop user=app sslmode=verify-full`, or a
/// `postgresql://` URI; everything that libpq knows. Printing, interpolating or reflecting it shows a
/// placeholder, since a password may stand in it.
public struct PostgresConnectionString: Sendable, Hashable {
    let text: String

    public init(_ text: String) {
        self.text = text
    }
}

extension PostgresConnectionString: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension PostgresConnectionString: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    // dump() and test failure output walk mirrors: without this they would print the text.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
