public import Model

/// What a new session is made of.
public struct OpenRequest: Sendable, Hashable {
    /// Nil lets the node choose a UUIDv7.
    public var id: SessionID?
    public var kind: Kind
    public var record: [UInt8]?
    public var headers: [Header] = []
    /// Nil takes the kind's lease.
    public var lease: Milliseconds?
    /// Nil takes the kind's.
    public var acknowledgement: Acknowledgement?

    public init(id: SessionID? = nil, kind: Kind, record: [UInt8]? = nil) {
        self.id = id
        self.kind = kind
        self.record = record
    }
}
