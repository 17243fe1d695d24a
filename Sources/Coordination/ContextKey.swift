/// Names a value that is kept with a transaction: see `Transaction.subscript(_:)`.
public struct ContextKey<Value: Sendable>: Sendable, Hashable {
    public var name: String

    /// Two keys of the same name and type are the same key.
    public init(_ name: String) {
        self.name = name
    }

    var erased: ContextName { ContextName(name: name, type: ObjectIdentifier(Value.self)) }
}

/// What tells the values of a transaction apart.
struct ContextName: Sendable, Hashable {
    var name: String
    var type: ObjectIdentifier
}
