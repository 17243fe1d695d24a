internal import DequeModule
internal import Journal
internal import Kafka
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
    private var chunks: Deque<[UInt8]> = []
    private var firstChunk: UInt64 = 0
    private var backlogBytes = 0
    private var link: MirrorLink?
    /// Taken from the machine, refused by a full producer.
    private var held: (entry: MirrorMachine.Entry, slot: UInt64)?
    private var headers = KafkaHeaders()
    /// What belongs to entries of transactions, by their numbers.
    private var announcements: [UInt64: Announcement] = [:]
    /// Messages of outboxes that are on their way, by their slots.
    private var outbox: [UInt64: RefusedMessage] = [:]
    /// The position that the journal has, and whether events were settled since.
    private var saved: UInt64
    private var lastEvent: UInt64 = 0
    private var originText: OriginText
    private let onError: @Sendable (RepriseError) -> Void
    /// Messages that Kafka has acknowledged.
    private(set) var delivered: UInt64 = 0
    /// Messages that were given to the producer since the last restart, and those of them whose end
    /// is known.
    private(set) var sent: UInt64 = 0
    private(set) var settled: UInt64 = 0

    /// Bytes of the tail that are held in memory; a longer backlog stays on disk.
    private static let maxBacklogBytes = 32 << 20
    private static let readBytes = 1 << 20

    /// `onError` hears what the producers report, on their threads.
    init(
        journal: Journal, options: Mirror.Options, inherited: UInt64, signal: Signal,
        onError: @escaping @Sendable (RepriseError) -> Void
    ) {
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
        settled += UInt64(reports.delivered.count)
        for slot in reports.delivered {
            outbox[slot] = nil
            machine.delivered(slot)
        }
        var wake = now + 60_000
        while true {
            let read = try readTail(now: now)
            let sending = try send(link, now: now)
            if let next = sending { wake = min(wake, next) }
            if read == 0 || held != nil { break }
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

    private mutating func readTail(now: Milliseconds) throws(RepriseError) -> Int {
        guard backlogBytes < Self.maxBacklogBytes else { return 0 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.readBytes)
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
            backlogBytes += bytes.count
            chunks.append(bytes)
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
                sent += 1
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
        guard entry.destination == .session else {
            guard let announcement = announcements[entry.number] else { return true }
            let isOutbox = entry.destination == .outbox
            if isOutbox {
                outbox[slot] = RefusedMessage(number: entry.number, message: announcement)
            }
            do throws(RepriseError) {
                guard try link.produce(announcement, &headers, slot: slot) else { return false }
            } catch {
                guard isOutbox, MirrorLink.isOfTheMessage(error.code) else { throw error }
                headers.removeAll()
                try park(slot, error)
            }
            announcements[entry.number] = nil
            return true
        }
        let bytes = chunks[Int(entry.payload.chunk - firstChunk)]
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

    /// A message that Kafka will never take becomes a parked session: people must see it.
    private mutating func park(_ slot: UInt64, _ error: RepriseError) throws(RepriseError) {
        if let refused = outbox[slot] {
            for event in refused.events(error, writer: journal.writer, now: journal.now()) {
                _ = try journal.write([event], use: .reserve)
            }
            outbox[slot] = nil
        }
        settled += 1
        machine.delivered(slot)
    }

    private mutating func dropChunks() {
        let needed = machine.oldestChunk ?? firstChunk + UInt64(chunks.count)
        while firstChunk < needed, let chunk = chunks.popFirst() {
            backlogBytes -= chunk.count
            firstChunk += 1
        }
    }
}
