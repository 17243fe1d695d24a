extension Event {
    /// Reads one event. Unknown fields are passed over; an unknown type or a later version gives
    /// `.unknown` with the bytes in `original`, because guessing at its meaning would be misreading.
    /// Throws `undecodable` for bytes that are not an event; never traps.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(RepriseError) {
        do {
            self = try Event(fields: bytes)
        } catch {
            guard let foreign = Event(foreign: bytes) else {
                throw RepriseError(
                    .undecodable, "The bytes are not an event of reprise.v1 (schemas/proto).")
            }
            self = foreign
        }
    }

    private init(fields bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        var fields = DecodedEvent()
        try fields.read(bytes)
        guard fields.version <= Event.currentVersion else { throw .init() }
        self = try fields.event()
    }

    /// An event of a later version; what is known here may be malformed in it.
    private init?(foreign bytes: UnsafeRawBufferPointer) {
        guard let envelope = try? Envelope(bytes), envelope.isForeign else { return nil }
        self = envelope.event
        original = Array(bytes)
    }

    public init(decoding bytes: [UInt8]) throws(RepriseError) {
        // A closure's typed throw does not cross `withUnsafeBytes`; the result does.
        let result = bytes.withUnsafeBytes { buffer -> Result<Event, RepriseError> in
            do throws(RepriseError) {
                return .success(try Event(decoding: buffer))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }
}

/// The fields of the wire message as they were found.
private struct DecodedEvent {
    var session: SessionID?
    var type: UInt32 = 0
    var sequence: UInt64 = 0
    var partition: UInt32 = 0
    var due = Timestamp.zero
    var record: [UInt8]?
    var time = Timestamp.zero
    var token = Position.none
    var attempt: UInt32 = 0
    var kind = ""
    var headers: [Header] = []
    var reason = ""
    var code = ""
    var uncounted = false
    var snapshot: Snapshot?
    var writer: Writer?
    var mark: Mark?
    var version: UInt32 = 1

    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: session = try SessionID(networkOrder: field.slice)
            case 2: type = try field.unsigned32
            case 3: sequence = try field.unsigned
            case 4: partition = try field.unsigned32
            case 5: due = Timestamp(milliseconds: try field.signed)
            case 6: record = try field.bytes
            case 7: time = Timestamp(milliseconds: try field.signed)
            case 8: token = Position(rawValue: try field.unsigned)
            case 9: attempt = try field.unsigned32
            case 10: kind = try field.text
            case 11: headers.append(try Header(decoding: field.slice))
            case 12: reason = try field.text
            case 13: code = try field.text
            case 14: uncounted = try field.flag
            case 15: snapshot = try Snapshot(fields: field.slice)
            case 16: writer = try Writer(decoding: field.slice)
            case 17: mark = try Mark(decoding: field.slice)
            case 18: version = max(1, try field.unsigned32)
            default: break
            }
        }
    }

    func event() throws(ProtobufReader.Malformed) -> Event {
        guard let session else { throw .init() }
        return Event(
            session: session, sequence: sequence, partition: partition, body: try body(),
            version: version)
    }

    private func body() throws(ProtobufReader.Malformed) -> Event.Body {
        guard let known = EventType(rawValue: type) else { throw .init() }
        switch known {
        case .opened:
            return .opened(
                Event.Opening(
                    kind: Kind(unchecked: kind), record: record, headers: headers, lease: due,
                    time: time))
        case .appended: return .appended(try write())
        case .replaced: return .replaced(try write())
        case .extended: return .extended(until: due, token: token)
        case .completed: return .completed(token: token)
        case .closed: return .closed(due: due)
        case .claimed:
            return .claimed(Event.Claim(attempt: attempt, deadline: due, time: time))
        case .retried:
            return .retried(
                Event.Retry(
                    token: token, due: due, time: time, counted: !uncounted, reason: reason))
        case .parked: return .parked(Parking(code: code, detail: reason, time: time), token: token)
        case .carried: return .carried(try required(snapshot))
        case .requeued:
            return .requeued(Event.Requeue(due: due, time: time, snapshot: snapshot))
        case .cancelled: return .cancelled(at: time)
        case .deadLettered: return .deadLettered
        case .handedOver: return .handedOver
        case .owner: return .owner(try required(writer))
        case .mark: return .mark(try required(mark))
        }
    }

    private func write() throws(ProtobufReader.Malformed) -> Event.Write {
        Event.Write(record: try required(record), until: due, token: token)
    }

    private func required<Value>(_ value: Value?) throws(ProtobufReader.Malformed) -> Value {
        guard let value else { throw .init() }
        return value
    }
}

extension SessionID {
    package init(networkOrder bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        guard bytes.count == 16 else { throw .init() }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

extension Parking {
    /// A code of a later version stays readable in the detail.
    init(code: String, detail: String, time: Timestamp) {
        if let known = ErrorCode(rawValue: code) {
            self.init(reason: known, detail: detail, time: time)
        } else {
            self.init(reason: .unknownVersion, detail: "\(code): \(detail)", time: time)
        }
    }
}
