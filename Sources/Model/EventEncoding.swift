// The numbers are those of `schemas/proto/reprise/v1/session.proto`. Fields are written in the
// order of their numbers, so the bytes equal those of the generated code.

extension Event {
    /// Bytes that `encode` writes.
    public var encodedSize: Int {
        if let original { return original.count }
        let head = ProtobufSize.nested(1, length: 16)
        if let hot = EventHotFields(body) { return head + hot.size(in: self) }
        return head + EventFields(self).size
    }

    /// Writes the event into `buffer`, which is `encodedSize` bytes long.
    public func encode(into buffer: UnsafeMutableRawBufferPointer) {
        var writer = ProtobufWriter(buffer)
        encode(to: &writer)
        assert(writer.remaining == 0, "an event is shorter than it was measured")
    }

    func encode(to writer: inout ProtobufWriter) {
        if let original {
            original.withUnsafeBytes { writer.bytes($0) }
            return
        }
        writer.header(1, length: 16)
        writer.bigEndian(session.high)
        writer.bigEndian(session.low)
        if let hot = EventHotFields(body) { return hot.write(in: self, to: &writer) }
        EventFields(self).write(to: &writer)
    }

    /// The event's bytes, for callers off the append path.
    public var encoded: [UInt8] {
        let size = encodedSize
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            encode(into: UnsafeMutableRawBufferPointer(buffer))
            count = size
        }
    }
}

/// An event flattened to the fields of the wire message.
private struct EventFields {
    var type: UInt32
    var sequence: UInt64
    var partition: UInt32
    var due: Int64 = 0
    var record: [UInt8]?
    var time: Int64 = 0
    var token: UInt64 = 0
    var attempt: UInt32 = 0
    var kind = ""
    var headers: [Header] = []
    var reason = ""
    var code = ""
    var uncounted = false
    var snapshot: Snapshot?
    var writer: Writer?
    var mark: Mark?
    var version: UInt32

    init(_ event: Event) {
        sequence = event.sequence
        partition = event.partition
        version = event.version == 1 ? 0 : event.version
        type = event.body.type?.rawValue ?? 0
        switch event.body {
        case .opened(let opening):
            due = opening.lease.milliseconds
            record = opening.record
            time = opening.time.milliseconds
            kind = opening.kind.name
            headers = opening.headers
        case .appended(let write), .replaced(let write):
            due = write.until.milliseconds
            record = write.record
            token = write.token.rawValue
        case .extended(let until, let runToken):
            due = until.milliseconds
            token = runToken.rawValue
        case .completed(let runToken): token = runToken.rawValue
        case .closed(let dueTime): due = dueTime.milliseconds
        case .claimed(let claim):
            due = claim.deadline.milliseconds
            time = claim.time.milliseconds
            attempt = claim.attempt
        case .retried(let retry):
            due = retry.due.milliseconds
            time = retry.time.milliseconds
            token = retry.token.rawValue
            reason = retry.reason
            uncounted = !retry.counted
        case .parked(let parking, let runToken):
            time = parking.time.milliseconds
            token = runToken.rawValue
            reason = parking.detail
            code = parking.reason.rawValue
        case .carried(let whole): snapshot = whole
        case .requeued(let requeue):
            due = requeue.due.milliseconds
            time = requeue.time.milliseconds
            snapshot = requeue.snapshot
        case .cancelled(let at): time = at.milliseconds
        case .deadLettered, .handedOver: break
        case .owner(let who): writer = who
        case .mark(let content): mark = content
        case .unknown(let number): type = number
        }
    }

    var size: Int {
        var size = ProtobufSize.field(2, unsigned: UInt64(type))
        size += ProtobufSize.field(3, unsigned: sequence)
        size += ProtobufSize.field(4, unsigned: UInt64(partition))
        size += ProtobufSize.field(5, signed: due)
        if let record { size += ProtobufSize.nested(6, length: record.count) }
        size += ProtobufSize.field(7, signed: time)
        size += ProtobufSize.field(8, unsigned: token)
        size += ProtobufSize.field(9, unsigned: UInt64(attempt))
        size += ProtobufSize.field(10, text: kind)
        for header in headers { size += ProtobufSize.nested(11, length: header.encodedSize) }
        size += ProtobufSize.field(12, text: reason)
        size += ProtobufSize.field(13, text: code)
        size += ProtobufSize.field(14, flag: uncounted)
        if let snapshot { size += ProtobufSize.nested(15, length: snapshot.encodedSize) }
        if let writer { size += ProtobufSize.nested(16, length: writer.encodedSize) }
        if let mark { size += ProtobufSize.nested(17, length: mark.encodedSize) }
        size += ProtobufSize.field(18, unsigned: UInt64(version))
        return size
    }

    func write(to writer: inout ProtobufWriter) {
        writer.field(2, unsigned: UInt64(type))
        writer.field(3, unsigned: sequence)
        writer.field(4, unsigned: UInt64(partition))
        writer.field(5, signed: due)
        if let record { writer.field(6, present: record) }
        writer.field(7, signed: time)
        writer.field(8, unsigned: token)
        writer.field(9, unsigned: UInt64(attempt))
        writer.field(10, text: kind)
        for header in headers {
            writer.header(11, length: header.encodedSize)
            header.encode(to: &writer)
        }
        writer.field(12, text: reason)
        writer.field(13, text: code)
        writer.field(14, flag: uncounted)
        if let snapshot {
            writer.header(15, length: snapshot.encodedSize)
            snapshot.encode(to: &writer)
        }
        if let who = self.writer {
            writer.header(16, length: who.encodedSize)
            who.encode(to: &writer)
        }
        if let mark {
            writer.header(17, length: mark.encodedSize)
            mark.encode(to: &writer)
        }
        writer.field(18, unsigned: UInt64(version))
    }
}

extension ProtobufWriter {
    package mutating func bigEndian(_ value: UInt64) {
        fixed64(value.byteSwapped)
    }
}
