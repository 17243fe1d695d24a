public import Model
public import Sessions

/// A partition's log, written event by event, and the table folded from it: for tests that read like
/// a protocol trace. Sessions are numbers; so are moments, in milliseconds.
public struct SessionTrace {
    public struct Entry: Sendable {
        public var event: Event
        public var position: Position
        public var origin: Origin
    }

    public static let node = Writer(node: "node", journal: 7, incarnation: 1)
    public static let worker = Writer(node: "worker", incarnation: 1)
    public static let other = Writer(node: "other", incarnation: 2)
    public static let admin = Writer(node: "admin", incarnation: 3)
    public static let kind = Kind(unchecked: "user.create")

    public var table: SessionTable
    public private(set) var log: [Entry] = []
    private var offset: Int64 = 0

    public init(_ table: SessionTable = SessionTable(), offset: Int64 = 0) {
        self.table = table
        self.offset = offset
    }

    /// The position of the last event: the token of a claim.
    public var last: Position { log.last?.position ?? .none }
    /// The position that the next event gets.
    public var next: Position { Position(offset: offset) }

    public subscript(number: Int) -> Session? { table[SessionTrace.id(number)] }

    public static func id(_ number: Int) -> SessionID {
        SessionID(high: 0xABCD, low: UInt64(number))
    }

    @discardableResult
    public mutating func add(_ event: Event, from origin: Origin) -> Applied {
        let position = next
        log.append(Entry(event: event, position: position, origin: origin))
        offset += 1
        return table.apply(event, at: position, from: origin)
    }

    @discardableResult
    public mutating func add(
        _ number: Int, _ sequence: UInt64 = 0, _ body: Event.Body,
        by writer: Writer = SessionTrace.node
    ) -> Applied {
        add(
            Event(session: SessionTrace.id(number), sequence: sequence, partition: 3, body: body),
            from: Origin(writer: writer))
    }
}

// MARK: Marks and copies

extension SessionTrace {
    public mutating func carry(_ number: Int) -> Event? { table.carry(SessionTrace.id(number)) }

    /// Asked of a copy of the table, so that asking changes nothing.
    public func allowsStart(at position: Position) -> Bool {
        var copy = table
        return copy.allowsStart(at: position)
    }
}

// MARK: The events

extension SessionTrace {
    @discardableResult
    public mutating func own(_ writer: Writer = SessionTrace.worker) -> Applied {
        add(
            Event(session: Event.noSession, body: .owner(writer)), from: Origin(writer: writer))
    }

    @discardableResult
    public mutating func open(
        _ number: Int, lease: Int64 = 30, record: String? = "first", at time: Int64 = 0,
        kind: Kind = SessionTrace.kind, headers: [Header] = []
    ) -> Applied {
        add(
            number, 1,
            .opened(
                Event.Opening(
                    kind: kind, record: record.map { Array($0.utf8) }, headers: headers,
                    lease: Timestamp(milliseconds: lease), time: Timestamp(milliseconds: time))))
    }

    @discardableResult
    public mutating func append(
        _ number: Int, _ sequence: UInt64, _ record: String, until: Int64 = 60,
        token: Position = .none
    ) -> Applied {
        add(number, sequence, .appended(SessionTrace.write(record, until, token)))
    }

    @discardableResult
    public mutating func replace(
        _ number: Int, _ sequence: UInt64, _ record: String, until: Int64 = 60,
        token: Position = .none
    ) -> Applied {
        add(number, sequence, .replaced(SessionTrace.write(record, until, token)))
    }

    private static func write(_ record: String, _ until: Int64, _ token: Position) -> Event.Write {
        Event.Write(
            record: Array(record.utf8), until: Timestamp(milliseconds: until), token: token)
    }

    @discardableResult
    public mutating func extend(
        _ number: Int, _ sequence: UInt64, until: Int64, token: Position = .none
    ) -> Applied {
        add(number, sequence, .extended(until: Timestamp(milliseconds: until), token: token))
    }

    @discardableResult
    public mutating func complete(
        _ number: Int, _ sequence: UInt64 = 0, token: Position = .none,
        by writer: Writer = SessionTrace.node
    ) -> Applied {
        add(number, sequence, .completed(token: token), by: writer)
    }

    @discardableResult
    public mutating func close(_ number: Int, _ sequence: UInt64, due: Int64) -> Applied {
        add(number, sequence, .closed(due: Timestamp(milliseconds: due)))
    }

    @discardableResult
    public mutating func claim(
        _ number: Int, _ attempt: UInt32, at time: Int64, deadline: Int64,
        by writer: Writer = SessionTrace.worker
    ) -> Applied {
        add(
            number, 0,
            .claimed(
                Event.Claim(
                    attempt: attempt, deadline: Timestamp(milliseconds: deadline),
                    time: Timestamp(milliseconds: time))), by: writer)
    }

    @discardableResult
    public mutating func retry(
        _ number: Int, token: Position, due: Int64, at time: Int64 = 0, counted: Bool = true,
        reason: String = "failed", by writer: Writer = SessionTrace.worker
    ) -> Applied {
        add(
            number, 0,
            .retried(
                Event.Retry(
                    token: token, due: Timestamp(milliseconds: due),
                    time: Timestamp(milliseconds: time), counted: counted, reason: reason)),
            by: writer)
    }

    @discardableResult
    public mutating func park(
        _ number: Int, token: Position = .none, at time: Int64 = 0,
        reason: ErrorCode = .handlerRefused, detail: String = "said so",
        by writer: Writer = SessionTrace.worker
    ) -> Applied {
        add(
            number, 0,
            .parked(
                Parking(reason: reason, detail: detail, time: Timestamp(milliseconds: time)),
                token: token), by: writer)
    }

    @discardableResult
    public mutating func requeue(
        _ number: Int, due: Int64, snapshot: Snapshot? = nil
    ) -> Applied {
        add(
            number, 0,
            .requeued(
                Event.Requeue(
                    due: Timestamp(milliseconds: due), time: .zero, snapshot: snapshot)),
            by: SessionTrace.admin)
    }

    @discardableResult
    public mutating func cancel(_ number: Int, at time: Int64 = 0) -> Applied {
        add(
            number, 0, .cancelled(at: Timestamp(milliseconds: time)), by: SessionTrace.admin)
    }
}
