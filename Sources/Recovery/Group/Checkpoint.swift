package import Model
package import Sessions

/// A partition's table as of an offset, in bytes: a mark, then each session as a `carried` event
/// with the position that it holds the low-water mark at, then what operators asked of it.
package struct Checkpoint: Sendable {
    /// As of `offset`.
    package var table: SessionTable
    /// The next message to fold.
    package var offset: Int64

    package init(table: SessionTable, offset: Int64) {
        self.table = table
        self.offset = offset
    }

    /// The bytes that `init(decoding:limits:)` reads. Sessions in the order of their first
    /// positions.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        let mark = Event(session: Event.noSession, body: .mark(table.mark(start: offset)))
        Checkpoint.append(mark, table.start ?? .none, &bytes)
        for session in table.sessions.values.sorted(by: { $0.first < $1.first }) {
            let carried = Event(
                session: session.id, partition: session.partition,
                body: .carried(session.snapshot))
            Checkpoint.append(carried, session.first, &bytes)
            if let order = session.pending {
                let event = Event(
                    session: session.id, partition: session.partition,
                    body: Checkpoint.body(of: order))
                Checkpoint.append(event, session.first, &bytes)
            }
        }
        return bytes
    }

    /// Nil when the bytes are not a checkpoint.
    package init?(decoding bytes: [UInt8], limits: Limits) {
        var cursor = 0
        guard let (began, first) = Checkpoint.next(bytes, &cursor),
            case .mark(let mark) = first.body
        else { return nil }
        table = SessionTable(
            resuming: mark, began: began == .none ? nil : began, limits: limits)
        offset = mark.start
        // No owner's: a parking of the owner's pen would end the run that it waits for.
        let origin = Origin(writer: Writer(node: "operator", incarnation: 0))
        while cursor < bytes.count {
            guard let (position, event) = Checkpoint.next(bytes, &cursor) else { return nil }
            if case .carried(let snapshot) = event.body {
                table.restore(snapshot, as: event.session, partition: event.partition)
            } else {
                guard table.apply(event, at: position, from: origin) == .accepted else {
                    return nil
                }
            }
        }
    }

    private static func body(of order: PendingOrder) -> Event.Body {
        switch order {
        case .requeue(let due): .requeued(Event.Requeue(due: due, time: due))
        case .cancel: .cancelled(at: .zero)
        case .park(let parking): .parked(parking, token: .none)
        }
    }

    // MARK: Entries: position, length, event

    private static func append(_ event: Event, _ position: Position, _ bytes: inout [UInt8]) {
        let encoded = event.encoded
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: position.rawValue >> shift))
        }
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: encoded.count >> shift))
        }
        bytes += encoded
    }

    private static func next(_ bytes: [UInt8], _ cursor: inout Int) -> (Position, Event)? {
        guard bytes.count - cursor >= 12 else { return nil }
        var position: UInt64 = 0
        for index in 0..<8 { position |= UInt64(bytes[cursor + index]) << UInt64(8 * index) }
        var length = 0
        for index in 0..<4 { length |= Int(bytes[cursor + 8 + index]) << (8 * index) }
        let start = cursor + 12
        guard length <= bytes.count - start else { return nil }
        guard let event = try? Event(decoding: Array(bytes[start..<start + length])) else {
            return nil
        }
        cursor = start + length
        return (Position(rawValue: position), event)
    }
}
