extension Snapshot {
    /// Reads the value of a dead letter. Throws `undecodable`.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(RepriseError) {
        do {
            try self.init(fields: bytes)
        } catch {
            throw RepriseError(
                .undecodable, "The bytes are not a Snapshot of reprise.v1 (schemas/proto).")
        }
    }

    init(fields bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init(
            kind: Kind(unchecked: ""), version: 1, headers: [], records: [], created: .zero,
            phase: .waiting(due: .zero), attempts: 0, order: 0, history: [], sequence: 0)
        var phaseNumber: UInt32 = 0
        var due = Timestamp.zero
        var token = Position.none
        var code = ""
        var reason = ""
        var parkedAt = Timestamp.zero
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: kind = Kind(unchecked: try field.text)
            case 2: version = max(1, try field.unsigned32)
            case 3: headers.append(try Header(decoding: field.slice))
            case 4: records.append(try field.bytes)
            case 5: created = Timestamp(milliseconds: try field.signed)
            case 6: phaseNumber = try field.unsigned32
            case 7: due = Timestamp(milliseconds: try field.signed)
            case 8: attempts = try field.unsigned32
            case 9: order = try field.unsigned
            case 10: history.append(try Attempt(decoding: field.slice))
            case 11: sequence = try field.unsigned
            case 12: token = Position(rawValue: try field.unsigned)
            case 13: code = try field.text
            case 14: reason = try field.text
            case 15: parkedAt = Timestamp(milliseconds: try field.signed)
            case 16: unread.append(try field.bytes)
            case 17: first = Position(rawValue: try field.unsigned)
            default: break
            }
        }
        switch phaseNumber {
        case 1: phase = .open(lease: due)
        case 2: phase = .waiting(due: due)
        case 3: phase = .running(Run(attempt: attempts, token: token, deadline: due))
        case 4: phase = .parked(Parking(code: code, detail: reason, time: parkedAt))
        default: throw .init()
        }
    }
}

extension Header {
    package init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init("", "")
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.text
            case 2: value = try field.text
            default: break
            }
        }
    }
}

extension Writer {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init(node: "", incarnation: 0)
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: node = try field.text
            case 2: journal = try field.fixed
            case 3: incarnation = try field.fixed
            default: break
            }
        }
    }
}

extension Attempt {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init(number: 0, time: .zero, counted: true, reason: "")
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: number = try field.unsigned32
            case 2: time = Timestamp(milliseconds: try field.signed)
            case 3: counted = try !field.flag
            case 4: reason = try field.text
            default: break
            }
        }
    }
}

extension Mark {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init(start: 0, owner: .nobody, journals: [:], totals: Totals())
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: start = try field.signed
            case 2: owner = try Writer(decoding: field.slice)
            case 3:
                let (journal, sequence) = try Mark.journalPosition(field.slice)
                journals[journal] = sequence
            case 4: totals = try Totals(decoding: field.slice)
            case 5: revivals.append(try Revival(decoding: field.slice))
            default: break
            }
        }
    }

    private static func journalPosition(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ProtobufReader.Malformed) -> (UInt64, UInt64) {
        var journal: UInt64 = 0
        var sequence: UInt64 = 0
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: journal = try field.fixed
            case 2: sequence = try field.unsigned
            default: break
            }
        }
        return (journal, sequence)
    }
}

extension Mark.Revival {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var position: UInt64 = 0
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: high = try field.fixed
            case 2: low = try field.fixed
            case 3: position = try field.fixed
            default: break
            }
        }
        self.init(
            session: SessionID(high: high, low: low), position: Position(rawValue: position))
    }
}

extension Totals {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init()
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: opened = try field.unsigned
            case 2: completed = try field.unsigned
            case 3: cancelled = try field.unsigned
            case 4: deadLettered = try field.signed
            case 5: handedOver = try field.unsigned
            default: break
            }
        }
    }
}
