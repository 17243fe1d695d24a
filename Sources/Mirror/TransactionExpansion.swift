internal import Journal
package import Model
internal import Transactions

/// A message of a transaction that is no session's: its outcome, or one that waited for it.
package struct Announcement: Sendable {
    /// Nil goes to the transactions topic.
    package var topic: String?
    package var key: [UInt8]?
    package var value: [UInt8]?
    package var headers: [Header]

    package init(topic: String?, key: [UInt8]?, value: [UInt8]?, headers: [Header]) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// Bytes that it holds in memory.
    var bytes: Int {
        headers.reduce((key?.count ?? 0) + (value?.count ?? 0)) {
            $0 + $1.name.utf8.count + $1.value.utf8.count
        }
    }
}

/// What a transaction's record means for Kafka: the sessions that begin with it, its outcome, the
/// messages that waited for it. All of them come from one frame and have numbers of their own.
struct TransactionExpansion {
    private(set) var entries: [MirrorMachine.Entry] = []
    private(set) var announcements: [UInt64: Announcement] = [:]
    private let sequence: UInt64
    private let chunk: UInt64
    private let readAt: Milliseconds

    /// Puts the events' bytes behind those that are in `bytes`.
    init(
        _ payload: UnsafeRawBufferPointer, sequence: UInt64, writer: Writer,
        format: Mirror.OutcomeFormat?, chunk: UInt64, readAt: Milliseconds,
        into bytes: inout [UInt8]
    ) {
        self.sequence = sequence
        self.chunk = chunk
        self.readAt = readAt
        guard let record = try? TransactionRecord(decoding: payload) else { return }
        for event in record.openings { add(event, into: &bytes) }
        if let format, !record.outline.participants.isEmpty || record.outline.hasCargo,
            let outcome = TransactionOutcome(record, writer: writer)
        {
            let number = add(.outcome, Self.nobody, offset: bytes.count, length: 0)
            announcements[number] = OutcomeMessage.announcement(outcome, number, format)
        }
        for message in record.messages { add(message, writer, bytes.count) }
        if let finish = record.finishOpening { add(finish.event, at: finish.index, into: &bytes) }
        if !entries.isEmpty { entries[entries.count - 1].isLast = true }
    }

    private mutating func add(_ event: Event, at index: Int? = nil, into bytes: inout [UInt8]) {
        let encoded = event.encoded
        guard let peek = encoded.withUnsafeBytes({ EventPeek($0) }) else { return }
        add(.session, peek, at: index, offset: bytes.count, length: encoded.count)
        bytes += encoded
    }

    private mutating func add(_ message: OutboxMessage, _ writer: Writer, _ offset: Int) {
        let number = add(.outbox, Self.nobody, offset: offset, length: 0)
        let identity = Header(
            OutcomeMessage.dedupHeader, OutcomeMessage.identity(writer.journal, number))
        announcements[number] = Announcement(
            topic: message.topic, key: message.key, value: message.value,
            headers: message.headers + [identity])
    }

    @discardableResult
    private mutating func add(
        _ destination: MirrorMachine.Destination, _ peek: EventPeek, at index: Int? = nil,
        offset: Int, length: Int
    ) -> UInt64 {
        var entry = MirrorMachine.Entry(
            sequence: sequence, peek: peek,
            payload: MirrorMachine.PayloadReference(chunk: chunk, offset: offset, length: length),
            readAt: readAt)
        entry.index = UInt16(index ?? entries.count)
        entry.isLast = false
        entry.destination = destination
        entries.append(entry)
        return entry.number
    }

    private static let nobody = EventPeek(session: Event.noSession)
}
