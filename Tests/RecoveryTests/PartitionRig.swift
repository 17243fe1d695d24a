import Model
import Recovery
import Sessions
import TestSupport

/// A partition's log and the machine of one worker that folds it. Moments are in milliseconds.
struct PartitionRig {
    static let worker = SessionTrace.worker
    static let other = SessionTrace.other
    static let node = SessionTrace.node

    var machine: PartitionMachine
    var gates: Gates
    private(set) var log: [PartitionMessage] = []
    private(set) var effects: [PartitionMachine.Effect] = []

    init(
        _ writer: Writer = PartitionRig.worker, options: PartitionOptions = PartitionRig.options,
        policy: KindPolicy = KindPolicy(), table: SessionTable = SessionTable(), offset: Int64 = 0
    ) {
        machine = PartitionMachine(
            partition: 3, writer: writer, table: table, offset: offset, options: options)
        gates = Gates([SessionTrace.kind: policy])
    }

    static var options: PartitionOptions {
        var options = PartitionOptions()
        options.allowance = 0
        options.markInterval = 1_000_000
        return options
    }

    /// Puts a message at the log's end and lets the machine fold it; gives its effects.
    @discardableResult
    mutating func read(_ message: PartitionMessage) -> [PartitionMachine.Effect] {
        var found: [PartitionMachine.Effect] = []
        log.append(message)
        machine.fold(message, effects: &found)
        effects += found
        return found
    }

    @discardableResult
    mutating func read(
        _ events: [Event], from writer: Writer, position: UInt64 = 0
    ) -> [PartitionMachine.Effect] {
        read(PartitionRig.message(events, from: writer, at: offset, position: position))
    }

    static func message(
        _ events: [Event], from writer: Writer, at offset: Int64, position: UInt64 = 0
    ) -> PartitionMessage {
        let isBatch = events.count != 1
        return PartitionMessage(
            offset: offset, origin: Origin(writer: writer, sequence: position), time: .zero,
            isBatch: isBatch,
            value: isBatch ? EventBatch.encoded(events) : events.first.map(\.encoded))
    }

    /// Of the next message.
    var offset: Int64 { machine.nextOffset }
    /// Of the last message: the token of a claim that it brought.
    var last: Position { Position(offset: offset - 1) }

    subscript(number: Int) -> Session? { machine.table[SessionTrace.id(number)] }

    @discardableResult
    mutating func own(_ writer: Writer = PartitionRig.worker) -> [PartitionMachine.Effect] {
        read(
            [Event(session: Event.noSession, partition: 3, body: .owner(writer))], from: writer)
    }

    static func event(_ number: Int, _ sequence: UInt64 = 0, _ body: Event.Body) -> Event {
        Event(session: SessionTrace.id(number), sequence: sequence, partition: 3, body: body)
    }

    mutating func open(_ number: Int, due: Int64, headers: [Header] = []) {
        let opening = Event.Opening(
            kind: SessionTrace.kind, record: [UInt8(number % 256)], headers: headers,
            lease: Timestamp(milliseconds: due), time: .zero)
        read([PartitionRig.event(number, 1, .opened(opening))], from: PartitionRig.node)
    }

    /// What the machine wants written at a moment.
    mutating func tick(_ now: Int64) -> [[Event]] {
        machine.tick(now: Timestamp(milliseconds: now), gates: &gates)
    }

    /// Writes what it wants, and reads it back.
    @discardableResult
    mutating func step(_ now: Int64) -> [PartitionMachine.Effect] {
        var found: [PartitionMachine.Effect] = []
        for events in tick(now) { found += read(events, from: machine.writer) }
        return found
    }

    mutating func leave() { machine.leave(now: .zero, gates: &gates) }

    mutating func reclaim(as writer: Writer) {
        machine.reclaim(as: writer, now: .zero, gates: &gates)
    }

    var running: Int { gates[SessionTrace.kind]?.running ?? 0 }
}

extension [PartitionMachine.Effect] {
    var runs: [(session: Session, run: Run)] {
        compactMap { if case .run(let session, let run) = $0 { (session, run) } else { nil } }
    }

    var releases: [(session: Session, run: Run)] {
        compactMap { if case .release(let session, let run) = $0 { (session, run) } else { nil } }
    }

    var deadLetters: [Session] {
        compactMap { if case .deadLetter(let session) = $0 { session } else { nil } }
    }

    var commits: [Int64] {
        compactMap { if case .commit(let offset) = $0 { offset } else { nil } }
    }
}
