/// What can be read of an event without building it: enough for the mirror to route it.
public struct EventPeek: Sendable, Hashable {
    public var session: SessionID
    /// The number of the type; nil in `knownType` for one of a later version.
    public var type: UInt32
    public var sequence: UInt64
    public var partition: UInt32

    public var knownType: EventType? { EventType(rawValue: type) }

    /// Of an event that nothing is known of but its session.
    public init(session: SessionID) {
        self.session = session
        type = 0
        sequence = 0
        partition = 0
    }

    /// Nil when the bytes do not begin as an event does. Allocates nothing.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var session: SessionID?
        var type: UInt32 = 0
        var sequence: UInt64 = 0
        var partition: UInt32 = 0
        var reader = ProtobufReader(bytes)
        do throws(ProtobufReader.Malformed) {
            // Writers put fields in the order of their numbers; what is looked for comes first.
            scan: while let field = try reader.next() {
                switch field.number {
                case 1: session = try SessionID(networkOrder: field.slice)
                case 2: type = try field.unsigned32
                case 3: sequence = try field.unsigned
                case 4: partition = try field.unsigned32
                default: break scan
                }
            }
        } catch {
            return nil
        }
        guard let session else { return nil }
        self.session = session
        self.type = type
        self.sequence = sequence
        self.partition = partition
    }
}
