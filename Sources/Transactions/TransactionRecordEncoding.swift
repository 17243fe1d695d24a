internal import Model

// The numbers are those of `schemas/proto/reprise/v1/transaction.proto`; fields are written in their
// order, so the bytes equal those of the generated code.

extension TransactionRecord {
    /// Bytes that `encode` writes.
    public var encodedSize: Int {
        var size = ProtobufSize.nested(1, length: 16)
        size += ProtobufSize.field(2, unsigned: UInt64(step.rawValue))
        size += ProtobufSize.field(3, signed: time.milliseconds)
        size += ProtobufSize.field(4, unsigned: UInt64(outline.asked ?? 0))
        for branch in outline.branches {
            size += ProtobufSize.nested(5, length: branch.encodedSize)
        }
        for action in outline.actions {
            size += ProtobufSize.nested(6, length: action.encodedSize)
        }
        for message in outline.messages {
            size += ProtobufSize.nested(7, length: message.encodedSize)
        }
        for header in outline.headers {
            size += ProtobufSize.nested(8, length: header.encodedSize)
        }
        size += ProtobufSize.field(9, text: reason)
        size += ProtobufSize.field(10, unsigned: version == 1 ? 0 : UInt64(version))
        for name in outline.participants {
            size += ProtobufSize.nested(11, length: name.utf8.count)
        }
        if let finish = outline.finish {
            size += ProtobufSize.nested(12, length: finish.encodedSize)
        }
        return size
    }

    /// Writes the record into `buffer`, which is `encodedSize` bytes long.
    public func encode(into buffer: UnsafeMutableRawBufferPointer) {
        var writer = ProtobufWriter(buffer)
        writer.identity(1, transaction.uuid)
        writer.field(2, unsigned: UInt64(step.rawValue))
        writer.field(3, signed: time.milliseconds)
        writer.field(4, unsigned: UInt64(outline.asked ?? 0))
        for branch in outline.branches {
            writer.header(5, length: branch.encodedSize)
            branch.encode(to: &writer)
        }
        for action in outline.actions {
            writer.header(6, length: action.encodedSize)
            action.encode(to: &writer)
        }
        for message in outline.messages {
            writer.header(7, length: message.encodedSize)
            message.encode(to: &writer)
        }
        for header in outline.headers {
            writer.header(8, length: header.encodedSize)
            header.encode(to: &writer)
        }
        writer.field(9, text: reason)
        writer.field(10, unsigned: version == 1 ? 0 : UInt64(version))
        for name in outline.participants { writer.field(11, present: Array(name.utf8)) }
        if let finish = outline.finish {
            writer.header(12, length: finish.encodedSize)
            finish.encode(to: &writer)
        }
        assert(writer.remaining == 0, "a transaction's record is shorter than it was measured")
    }

    /// The record's bytes.
    public var encoded: [UInt8] {
        let size = encodedSize
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            encode(into: UnsafeMutableRawBufferPointer(buffer))
            count = size
        }
    }
}

extension BranchReference {
    var encodedSize: Int {
        ProtobufSize.field(1, unsigned: UInt64(number)) + ProtobufSize.field(2, text: resource)
            + ProtobufSize.field(3, unsigned: heuristic.wireValue)
            + ProtobufSize.field(4, text: superior?.xid.description ?? "")
            + ProtobufSize.field(5, text: superior?.address ?? "")
            + (part.map { ProtobufSize.nested(6, length: $0.encodedSize) } ?? 0)
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.field(1, unsigned: UInt64(number))
        writer.field(2, text: resource)
        writer.field(3, unsigned: heuristic.wireValue)
        writer.field(4, text: superior?.xid.description ?? "")
        writer.field(5, text: superior?.address ?? "")
        if let part {
            writer.header(6, length: part.encodedSize)
            part.encode(to: &writer)
        }
    }
}

extension RemotePart {
    var encodedSize: Int {
        ProtobufSize.field(1, fixed: journal) + ProtobufSize.nested(2, length: 16)
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.field(1, fixed: journal)
        writer.identity(2, transaction.uuid)
    }
}

extension DurableAction {
    var encodedSize: Int {
        var size = ProtobufSize.nested(1, length: 16)
        size += ProtobufSize.field(2, unsigned: UInt64(partition))
        size += ProtobufSize.field(3, text: kind.name)
        if let record { size += ProtobufSize.nested(4, length: record.count) }
        for header in headers { size += ProtobufSize.nested(5, length: header.encodedSize) }
        size += ProtobufSize.field(6, signed: lease)
        size += ProtobufSize.field(7, flag: trigger == .rollback)
        return size
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.identity(1, session)
        writer.field(2, unsigned: UInt64(partition))
        writer.field(3, text: kind.name)
        if let record { writer.field(4, present: record) }
        for header in headers {
            writer.header(5, length: header.encodedSize)
            header.encode(to: &writer)
        }
        writer.field(6, signed: lease)
        writer.field(7, flag: trigger == .rollback)
    }
}

extension OutboxMessage {
    var encodedSize: Int {
        var size = ProtobufSize.field(1, text: topic)
        if let key { size += ProtobufSize.nested(2, length: key.count) }
        if let value { size += ProtobufSize.nested(3, length: value.count) }
        for header in headers { size += ProtobufSize.nested(4, length: header.encodedSize) }
        return size
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.field(1, text: topic)
        if let key { writer.field(2, present: key) }
        if let value { writer.field(3, present: value) }
        for header in headers {
            writer.header(4, length: header.encodedSize)
            header.encode(to: &writer)
        }
    }
}

extension ProtobufWriter {
    mutating func identity(_ number: UInt32, _ id: SessionID) {
        header(number, length: 16)
        bigEndian(id.high)
        bigEndian(id.low)
    }
}

extension Optional<BranchOutcome> {
    var wireValue: UInt64 {
        switch self {
        case nil: 0
        case .committed: 1
        case .notCommitted: 2
        }
    }

    init(wireValue: UInt32) throws(ProtobufReader.Malformed) {
        switch wireValue {
        case 0: self = nil
        case 1: self = .committed
        case 2: self = .notCommitted
        default: throw .init()
        }
    }
}
