import Mirror
import Model
import Sessions
import TestSupport
import Testing

/// A machine and the slots of what it sent.
struct MachineRig {
    var machine: MirrorMachine
    var sent: [UInt64] = []
    var slots: [UInt64: UInt64] = [:]

    init(
        window: Milliseconds = 50, sendsAll: Bool = false, acknowledged: UInt64 = 0,
        uncertainThrough: UInt64 = 0
    ) {
        machine = MirrorMachine(
            window: window, sendsAll: sendsAll, acknowledged: acknowledged,
            uncertainThrough: uncertainThrough)
    }

    mutating func read(
        _ lsn: UInt64, _ session: Int, _ sequence: UInt64, _ body: Event.Body,
        at time: Milliseconds = 0
    ) throws {
        let event = Event(
            session: SessionTrace.id(session), sequence: sequence, partition: 1, body: body)
        let peek = try #require(event.encoded.withUnsafeBytes { EventPeek($0) })
        machine.read(
            MirrorMachine.Entry(
                sequence: lsn, peek: peek,
                payload: MirrorMachine.PayloadReference(chunk: 0, offset: 0, length: 0),
                readAt: time))
    }

    /// A frame that holds a message of an outbox and nothing else.
    mutating func announce(_ lsn: UInt64) {
        var entry = MirrorMachine.Entry(
            sequence: lsn, peek: EventPeek(session: Event.noSession),
            payload: MirrorMachine.PayloadReference(chunk: 0, offset: 0, length: 0), readAt: 0)
        entry.destination = .outbox
        machine.read(entry)
    }

    /// Sends what may go at `now`; gives the log sequence numbers.
    @discardableResult
    mutating func send(_ now: Milliseconds) -> [UInt64] {
        var found: [UInt64] = []
        while case .send(let entry, let slot) = machine.next(now: now) {
            found.append(entry.sequence)
            slots[entry.sequence] = slot
        }
        sent += found
        return found
    }

    mutating func deliver(_ lsns: UInt64...) throws {
        for lsn in lsns { machine.delivered(try #require(slots[lsn])) }
    }

    static let opened = Event.Body.opened(
        Event.Opening(
            kind: SessionTrace.kind, record: nil, headers: [], lease: .zero, time: .zero))
    static let appended = Event.Body.appended(Event.Write(record: [1], until: .zero))
    static let completed = Event.Body.completed(token: .none)
    static let closed = Event.Body.closed(due: .zero)
}
