/// Names a value that is kept with a transaction: see `Transaction.subscript(key:)`.
public struct ContextKey<Value: Sendable>: Sendable, Hashable {
    public var name: String

    /// Two keys of the same name and type are the same key.
    public init(_ name: String) {
        self.name = name
    }
}
