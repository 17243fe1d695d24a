// The nested messages of `schemas/proto/reprise/v1/session.proto`.

extension Header {
    package var encodedSize: Int {
        ProtobufSize.field(1, text: name) + ProtobufSize.field(2, text: value)
    }

    package func encode(to writer: inout ProtobufWriter) {
        writer.field(1, text: name)
        writer.field(2, text: value)
    }
}

extension Writer {
    var encodedSize: Int {
        ProtobufSize.field(1, text: node) + ProtobufSize.field(2, fixed: journal)
            + ProtobufSize.field(3, fixed: incarnation)
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.field(1, text: node)
        writer.field(2, fixed: journal)
        writer.field(3, fixed: incarnation)
    }
}

extension Attempt {
    var encodedSize: Int {
        ProtobufSize.field(1, unsigned: UInt64(number))
            + ProtobufSize.field(2, signed: time.milliseconds)
            + ProtobufSize.field(3, flag: !counted) + ProtobufSize.field(4, text: reason)
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.field(1, unsigned: UInt64(number))
        writer.field(2, signed: time.milliseconds)
        writer.field(3, flag: !counted)
        writer.field(4, text: reason)
    }
}

extension Snapshot {
    /// A phase as the wire has it.
    private struct PhaseFields {
        var number: UInt64
        var due: Int64 = 0
        var token: UInt64 = 0
        var parking: Parking?

        init(_ phase: Phase) {
            switch phase {
            case .open(let lease):
                number = 1
                due = lease.milliseconds
            case .waiting(let time):
                number = 2
                due = time.milliseconds
            case .running(let run):
                number = 3
                due = run.deadline.milliseconds
                token = run.token.rawValue
            case .parked(let parking):
                number = 4
                self.parking = parking
            }
        }
    }

    var encodedSize: Int {
        let phase = PhaseFields(self.phase)
        var size = ProtobufSize.field(1, text: kind.name)
        size += ProtobufSize.field(2, unsigned: UInt64(version))
        for header in headers { size += ProtobufSize.nested(3, length: header.encodedSize) }
        for record in records { size += ProtobufSize.nested(4, length: record.count) }
        size += ProtobufSize.field(5, signed: created.milliseconds)
        size += ProtobufSize.field(6, unsigned: phase.number)
        size += ProtobufSize.field(7, signed: phase.due)
        size += ProtobufSize.field(8, unsigned: UInt64(attempts))
        size += ProtobufSize.field(9, unsigned: order)
        for attempt in history { size += ProtobufSize.nested(10, length: attempt.encodedSize) }
        size += ProtobufSize.field(11, unsigned: sequence)
        size += ProtobufSize.field(12, unsigned: phase.token)
        if let parking = phase.parking {
            size += ProtobufSize.field(13, text: parking.reason.rawValue)
            size += ProtobufSize.field(14, text: parking.detail)
            size += ProtobufSize.field(15, signed: parking.time.milliseconds)
        }
        for event in unread { size += ProtobufSize.nested(16, length: event.count) }
        return size + ProtobufSize.field(17, unsigned: first.rawValue)
    }

    func encode(to writer: inout ProtobufWriter) {
        let phase = PhaseFields(self.phase)
        writer.field(1, text: kind.name)
        writer.field(2, unsigned: UInt64(version))
        for header in headers {
            writer.header(3, length: header.encodedSize)
            header.encode(to: &writer)
        }
        for record in records { writer.field(4, present: record) }
        writer.field(5, signed: created.milliseconds)
        writer.field(6, unsigned: phase.number)
        writer.field(7, signed: phase.due)
        writer.field(8, unsigned: UInt64(attempts))
        writer.field(9, unsigned: order)
        for attempt in history {
            writer.header(10, length: attempt.encodedSize)
            attempt.encode(to: &writer)
        }
        writer.field(11, unsigned: sequence)
        writer.field(12, unsigned: phase.token)
        if let parking = phase.parking {
            writer.field(13, text: parking.reason.rawValue)
            writer.field(14, text: parking.detail)
            writer.field(15, signed: parking.time.milliseconds)
        }
        for event in unread { writer.field(16, present: event) }
        writer.field(17, unsigned: first.rawValue)
    }

    /// The message's bytes: the value of a dead letter.
    public var encoded: [UInt8] {
        let size = encodedSize
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var writer = ProtobufWriter(UnsafeMutableRawBufferPointer(buffer))
            encode(to: &writer)
            count = size
        }
    }
}

extension Mark {
    private func journalSize(_ sequence: UInt64, _ journal: UInt64) -> Int {
        ProtobufSize.field(1, fixed: journal) + ProtobufSize.field(2, unsigned: sequence)
    }

    var encodedSize: Int {
        var size = ProtobufSize.field(1, signed: start)
        size += ProtobufSize.nested(2, length: owner.encodedSize)
        for (journal, sequence) in journals {
            size += ProtobufSize.nested(3, length: journalSize(sequence, journal))
        }
        for revival in revivals {
            size += ProtobufSize.nested(5, length: revival.encodedSize)
        }
        return size + ProtobufSize.nested(4, length: totals.encodedSize)
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.field(1, signed: start)
        writer.header(2, length: owner.encodedSize)
        owner.encode(to: &writer)
        // Sorted, so that equal marks have equal bytes.
        for (journal, sequence) in journals.sorted(by: { $0.key < $1.key }) {
            writer.header(3, length: journalSize(sequence, journal))
            writer.field(1, fixed: journal)
            writer.field(2, unsigned: sequence)
        }
        writer.header(4, length: totals.encodedSize)
        totals.encode(to: &writer)
        for revival in revivals {
            writer.header(5, length: revival.encodedSize)
            revival.encode(to: &writer)
        }
    }
}

extension Mark.Revival {
    var encodedSize: Int {
        ProtobufSize.field(1, fixed: session.high) + ProtobufSize.field(2, fixed: session.low)
            + ProtobufSize.field(3, fixed: position.rawValue)
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.field(1, fixed: session.high)
        writer.field(2, fixed: session.low)
        writer.field(3, fixed: position.rawValue)
    }
}

extension Totals {
    var encodedSize: Int {
        ProtobufSize.field(1, unsigned: opened) + ProtobufSize.field(2, unsigned: completed)
            + ProtobufSize.field(3, unsigned: cancelled)
            + ProtobufSize.field(4, signed: deadLettered)
            + ProtobufSize.field(5, unsigned: handedOver)
    }

    func encode(to writer: inout ProtobufWriter) {
        writer.field(1, unsigned: opened)
        writer.field(2, unsigned: completed)
        writer.field(3, unsigned: cancelled)
        writer.field(4, signed: deadLettered)
        writer.field(5, unsigned: handedOver)
    }
}
