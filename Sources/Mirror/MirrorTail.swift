internal import DequeModule
internal import Journal
internal import Kafka
internal import Logging
internal import Model
internal import Platform
internal import WAL

/// The mirror thread's own state: the reader of the tail, the machine, the producer.
struct MirrorTail: ~Copyable {
    private let journal: Journal
    private let options: Mirror.Options
    private let signal: Signal
    private var machine: MirrorMachine
    private var reader: LogReader
    private var chunks: Deque<Chunk> = []
    private var firstChunk: UInt64 = 0
    /// What the chunks weigh.
    private(set) var backlogBytes = 0
    private var link: MirrorLink?
    /// Taken from the machine, refused by a full producer.
    private var held: (entry: MirrorMachine.Entry, slot: UInt64)?
    private var headers = KafkaHeaders()
    /// What belongs to entries of transactions, by their numbers.
    private(set) var announcements: [UInt64: Announcement] = [:]
    /// Messages of outboxes that are on their way, by their slots.
    private var outbox: [UInt64: RefusedMessage] = [:]
    /// The position that the journal has, and whether events were settled since.
    private var saved: UInt64
    private var lastEvent: UInt64 = 0
    private var originText: OriginText
    private let logger: Logger
    private let onError: @Sendable (RepriseError) -> Void
    /// Messages that Kafka has acknowledged.
    private(set) var delivered: UInt64 = 0
    /// Messages that were given to the producer since the last restart, and those of them whose end
    /// is known; without those of outboxes, whose end may be far away.
    private(set) var sent: UInt64 = 0
    private(set) var settled: UInt64 = 0

    private static let readBytes = 1 << 20

    /// What came with one reading.
    private struct Chunk {
        /// Events, one after the other.
        var bytes: [UInt8]
        /// Bytes of all that came, announcements among them.
        var weight: Int
    }

    /// `onError` hears what the producers report, on their threads.
    init(
        journal: Journal, options: Mirror.Options, inherited: UInt64, signal: Signal,
        logger: Logger, onError: @escaping @Sendable (RepriseError) -> Void
    ) {
        self.logger = logger
        self.onError = onError
        self.journal = journal
        self.options = options
        self.signal = signal
        originText = OriginText(journal.writer)
        saved = journal.withCore { $0.acknowledged.sequence }
        machine = MirrorMachine(
            window: options.window, sendsAll: options.sendsAll, acknowledged: saved,
            uncertainThrough: inherited)
        reader = journal.log.makeReader(from: LSN(saved + 1))
    }

    var acknowledged: UInt64 { machine.acknowledged }
    var sessionsAcknowledged: UInt64 { machine.sessionsAcknowledged }
    var outboxInFlight: Int { machine.outboxInFlight }
    var skipped: UInt64 { machine.skipped }
    /// Nothing of the tail is waiting to be read, sent or acknowledged.
    var isDone: Bool {
        machine.backlogCount == 0 && machine.inFlight == 0 && held == nil
            && reader.next > journal.log.durable
    }

    func monotonic() -> Milliseconds {
        Milliseconds(SystemTime().monotonicNanoseconds() / 1_000_000)
    }

    mutating func hurry(through sequence: UInt64) { machine.hurry(through: sequence) }

    /// Takes delivery reports, reads and sends what it can; tells when to come again.
    mutating func step(now: Milliseconds) throws(RepriseError) -> Milliseconds {
        let link = try connected()
        let reports = try link.takeReports()
        for refused in reports.refused { try park(refused.slot, refused.error) }
        delivered += UInt64(reports.delivered.count)
        for slot in reports.delivered {
            if outbox.removeValue(forKey: slot) == nil { settled += 1 }
            machine.delivered(slot)
        }
        var wake = now + 60_000
        while true {
            let mayRead = self.mayRead
            let read = try mayRead ? readTail(now: now) : 0
            let sending = try send(link, now: now)
            if let next = sending { wake = min(wake, next) }
            // Where room was made only now, there may be more to read.
            if !self.mayRead || (mayRead && read == 0) { break }
        }
        return wake
    }

    /// Writes the position to the journal, where it has moved past an event.
    mutating func savePosition() throws(RepriseError) {
        guard machine.acknowledged > saved, lastEvent > saved else { return }
        try journal.savePosition(machine.acknowledged)
        saved = machine.acknowledged
    }

    /// Throws the producer away and begins again after what Kafka has acknowledged.
    mutating func restart() {
        link?.close()
        link = nil
        held = nil
        // Those of a message that was refused must not go out with another.
        headers.removeAll()
        announcements.removeAll()
        outbox.removeAll()
        chunks.removeAll()
        firstChunk = 0
        backlogBytes = 0
        machine.reset()
        sent = 0
        settled = 0
        reader = journal.log.makeReader(from: LSN(machine.acknowledged + 1))
    }

    mutating func close() {
        try? savePosition()
        link?.close()
        link = nil
    }

    private mutating func connected() throws(RepriseError) -> MirrorLink {
        if let link { return link }
        let made = try MirrorLink(options, signal: signal, onError: onError)
        link = made
        return made
    }

    // MARK: Reading

    /// Not while the producer is full: what it does not take stays on disk.
    private var mayRead: Bool { held == nil && backlogBytes < options.maxBacklogBytes }

    private mutating func readTail(now: Milliseconds) throws(RepriseError) -> Int {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.readBytes)
        var announced = 0
        var entries: [MirrorMachine.Entry] = []
        var passed: UInt64?
        let chunk = firstChunk + UInt64(chunks.count)
        let count = try reader.next(maxBytes: Self.readBytes) { lsn, kind, payload in
            if kind == FrameKind.transaction.rawValue {
                let expansion = TransactionExpansion(
                    payload, sequence: lsn.rawValue, writer: journal.writer,
                    format: options.outcomes, chunk: chunk, readAt: now, into: &bytes)
                if expansion.entries.isEmpty { passed = lsn.rawValue }
                entries += expansion.entries
                announcements.merge(expansion.announcements) { $1 }
                announced += expansion.announcements.values.reduce(0) { $0 + $1.bytes }
                return true
            }
            guard kind == FrameKind.event.rawValue, let peek = EventPeek(payload) else {
                // Batches are of this process alone, positions are no events.
                passed = lsn.rawValue
                return true
            }
            let reference = MirrorMachine.PayloadReference(
                chunk: chunk, offset: bytes.count, length: payload.count)
            bytes.append(contentsOf: payload)
            entries.append(
                MirrorMachine.Entry(
                    sequence: lsn.rawValue, peek: peek, payload: reference, readAt: now))
            return true
        }
        if let last = entries.last {
            lastEvent = last.sequence
            let found = Chunk(bytes: bytes, weight: bytes.count + announced)
            backlogBytes += found.weight
            chunks.append(found)
            for entry in entries { machine.read(entry) }
        }
        if let passed { machine.pass(passed) }
        return count
    }

    // MARK: Sending

    /// When to come again; nil when there is nothing to send.
    private mutating func send(
        _ link: MirrorLink, now: Milliseconds
    ) throws(RepriseError) -> Milliseconds? {
        while true {
            if let held {
                guard try produce(held.entry, slot: held.slot, link) else { return nil }
                self.held = nil
                if held.entry.destination != .outbox { sent += 1 }
            }
            switch machine.next(now: now) {
            case .send(let entry, let slot):
                held = (entry, slot)
            case .wait(let until):
                dropChunks()
                return until
            case .idle:
                dropChunks()
                return nil
            }
        }
    }

    private mutating func produce(
        _ entry: MirrorMachine.Entry, slot: UInt64, _ link: MirrorLink
    ) throws(RepriseError) -> Bool {
        switch entry.destination {
        case .session: return try produceEvent(entry, slot: slot, link)
        case .outcome: return try produceOutcome(entry.number, slot: slot, link)
        case .outbox: return try produceMessage(entry.number, slot: slot, link)
        }
    }

    private mutating func produceEvent(
        _ entry: MirrorMachine.Entry, slot: UInt64, _ link: MirrorLink
    ) throws(RepriseError) -> Bool {
        let bytes = chunks[Int(entry.payload.chunk - firstChunk)].bytes
        let range = entry.payload.offset..<entry.payload.offset + entry.payload.length
        if headers.isEmpty {
            bytes.withUnsafeBytes { all in
                MirrorHeaders.fill(
                    &headers, entry, origin: &originText,
                    payload: UnsafeRawBufferPointer(rebasing: all[range]))
            }
        }
        return try link.produce(
            session: entry.peek.session, partition: Int32(clamping: entry.peek.partition),
            bytes, range, &headers, slot: slot)
    }

    private mutating func produceMessage(
        _ number: UInt64, slot: UInt64, _ link: MirrorLink
    ) throws(RepriseError) -> Bool {
        guard let announcement = announcements[number] else { return true }
        outbox[slot] = RefusedMessage(number: number, message: announcement)
        do throws(RepriseError) {
            guard try link.produce(announcement, &headers, slot: slot) else { return false }
        } catch {
            guard MirrorLink.isOfTheMessage(error.code) else { throw error }
            headers.removeAll()
            try park(slot, error)
        }
        announcements[number] = nil
        return true
    }

    /// An outcome that is too large goes in smaller forms, so that nothing after it waits.
    private mutating func produceOutcome(
        _ number: UInt64, slot: UInt64, _ link: MirrorLink
    ) throws(RepriseError) -> Bool {
        while let announcement = announcements[number] {
            do throws(RepriseError) {
                guard try link.produce(announcement, &headers, slot: slot) else { return false }
                announcements[number] = nil
            } catch {
                guard error.code == .tooLarge else { throw error }
                headers.removeAll()
                let found = OutcomeReduction.smaller(
                    announcement, options.outcomeFormat, limit: options.maxMessageBytes)
                announcements[number] = found?.announcement
                note(error, announcement, found?.loss)
                if found == nil {
                    settled += 1
                    machine.delivered(slot)
                }
            }
        }
        return true
    }

    /// An outcome is too large; without a loss that makes it small enough it is not sent.
    private func note(
        _ error: RepriseError, _ announcement: Announcement, _ loss: OutcomeReduction.Loss?
    ) {
        onError(error)
        let message: Logger.Message =
            switch loss {
            case .records: "an outcome is too large for Kafka and goes without some records"
            case .actions: "an outcome is too large for Kafka and goes without its actions"
            case nil: "an outcome is too large for Kafka and nobody is told of it"
            }
        let transaction = String(decoding: announcement.key ?? [], as: UTF8.self)
        logger.report(
            .warning, error, message, metadata: ["reprise.transaction.id": "\(transaction)"])
    }

    /// A message that Kafka will never take becomes a parked session: people must see it.
    private mutating func park(_ slot: UInt64, _ error: RepriseError) throws(RepriseError) {
        if let refused = outbox[slot] {
            for event in refused.events(error, writer: journal.writer, now: journal.now()) {
                _ = try journal.write([event], use: .reserve)
            }
            outbox[slot] = nil
        }
        machine.delivered(slot)
    }

    private mutating func dropChunks() {
        let needed = machine.oldestChunk ?? firstChunk + UInt64(chunks.count)
        while firstChunk < needed, let chunk = chunks.popFirst() {
            backlogBytes -= chunk.weight
            firstChunk += 1
        }
    }
}
