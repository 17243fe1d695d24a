/// The fields of the writes that make up nearly all of a journal. Encoding these does not go through
/// `EventFields`, whose many optional parts cost more than the bytes.
struct EventHotFields {
    private var type: EventType
    private var due = Timestamp.zero
    private var record: [UInt8]?
    private var token: Position

    init?(_ body: Event.Body) {
        switch body {
        case .appended(let write), .replaced(let write):
            type = .appended
            if case .replaced = body { type = .replaced }
            due = write.until
            record = write.record
            token = write.token
        case .extended(let until, let run):
            type = .extended
            due = until
            token = run
        case .completed(let run):
            type = .completed
            token = run
        default: return nil
        }
    }

    func size(in event: Event) -> Int {
        var size = ProtobufSize.field(2, unsigned: UInt64(type.rawValue))
        size += ProtobufSize.field(3, unsigned: event.sequence)
        size += ProtobufSize.field(4, unsigned: UInt64(event.partition))
        size += ProtobufSize.field(5, signed: due.milliseconds)
        if let record { size += ProtobufSize.nested(6, length: record.count) }
        size += ProtobufSize.field(8, unsigned: token.rawValue)
        return size + ProtobufSize.field(18, unsigned: event.wireVersion)
    }

    func write(in event: Event, to writer: inout ProtobufWriter) {
        writer.field(2, unsigned: UInt64(type.rawValue))
        writer.field(3, unsigned: event.sequence)
        writer.field(4, unsigned: UInt64(event.partition))
        writer.field(5, signed: due.milliseconds)
        if let record { writer.field(6, present: record) }
        writer.field(8, unsigned: token.rawValue)
        writer.field(18, unsigned: event.wireVersion)
    }
}

extension Event {
    /// Absent, which is 0 on the wire, means 1.
    var wireVersion: UInt64 { version == 1 ? 0 : UInt64(version) }
}
