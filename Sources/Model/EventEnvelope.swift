/// What every version of an event has: enough to file one that cannot be read any further.
struct Envelope {
    private var session: SessionID
    private var type: UInt32 = 0
    private var sequence: UInt64 = 0
    private var partition: UInt32 = 0
    private var version = Event.currentVersion

    init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        var found: SessionID?
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: found = try SessionID(networkOrder: field.slice)
            case 2: type = try field.unsigned32
            case 3: sequence = try field.unsigned
            case 4: partition = try field.unsigned32
            case 18: version = max(1, try field.unsigned32)
            default: break
            }
        }
        guard let found, type != 0 else { throw .init() }
        session = found
    }

    /// Of a type or a version that is not known here.
    var isForeign: Bool { version > Event.currentVersion || EventType(rawValue: type) == nil }

    var event: Event {
        Event(
            session: session, sequence: sequence, partition: partition, body: .unknown(type: type),
            version: version)
    }
}
