internal import DequeModule
package import Model

/// What goes from the journal to Kafka, in which order, and how far Kafka has it.
///
/// Entries come in log order and leave in log order, each after the window. A session that was
/// opened and completed within the window leaves no trace: all its entries are skipped. What was
/// sent is acknowledged in any order; `acknowledged` is the end of the unbroken prefix.
///
/// An outbox's messages go to topics that people name, and one of those may be without a leader for
/// hours. They hold up `acknowledged`, and with it what the journal may forget, but not
/// `sessionsAcknowledged`, by which leases are judged.
package struct MirrorMachine: Sendable {
    /// An event as the tail of the journal has it; `payload` is the driver's, to find the bytes.
    package struct Entry: Sendable, Hashable {
        /// The number of its frame.
        package var sequence: UInt64
        /// Its place in the frame, and whether it is the last one there: a frame is acknowledged with
        /// its last message.
        package var index: UInt16 = 0
        package var isLast = true
        package var destination = Destination.session
        /// Meaningless where the destination is not a session's.
        package var peek: EventPeek
        package var payload: PayloadReference
        /// Monotonic time at which it was read.
        package var readAt: Milliseconds

        package init(
            sequence: UInt64, peek: EventPeek, payload: PayloadReference, readAt: Milliseconds
        ) {
            self.sequence = sequence
            self.peek = peek
            self.payload = payload
            self.readAt = readAt
        }

        /// The event's position in the journal: its number in Kafka, which no other event has.
        package var number: UInt64 {
            Position(sequence: sequence, index: Int(index)).rawValue
        }

        /// Up to where the journal is in Kafka once everything up to this entry is.
        fileprivate var acknowledges: UInt64 { isLast ? sequence : sequence - 1 }
    }

    /// Where an entry goes.
    package enum Destination: UInt8, Sendable, Hashable {
        /// The sessions topic, to the session's partition.
        case session
        /// The transactions topic: what became of one.
        case outcome
        /// A topic that the message names.
        case outbox
    }

    package struct PayloadReference: Sendable, Hashable {
        package var chunk: UInt64
        package var offset: Int
        package var length: Int

        package init(chunk: UInt64, offset: Int, length: Int) {
            self.chunk = chunk
            self.offset = offset
            self.length = length
        }
    }

    package enum Decision: Sendable, Hashable {
        /// Produce it; its delivery is reported for `slot`.
        case send(Entry, slot: UInt64)
        /// Look again at this monotonic time; earlier if something is read or must not wait.
        case wait(until: Milliseconds)
        case idle
    }

    private let window: Milliseconds
    private let sendsAll: Bool
    private var backlog: Deque<Entry> = []
    private struct Unsent: Sendable {
        /// Where it was opened.
        var opening: UInt64
        /// Its end is in the backlog too.
        var isEnded = false
    }

    /// Sessions whose `opened` is in the backlog.
    private var unsent: [SessionID: Unsent] = [:]
    private var flights = Flights()
    private var outbox = Flights(firstSlot: 1 << 63)
    /// Everything up to here is in Kafka, or needs not be.
    package private(set) var acknowledged: UInt64
    /// The same without the messages of outboxes; never less.
    package private(set) var sessionsAcknowledged: UInt64
    /// As `sessionsAcknowledged`, since the last reset.
    private var prefix: UInt64
    /// Entries up to here may have been sent before: by an earlier process, or before a reset.
    private var uncertainThrough: UInt64
    /// Entries up to here do not wait for the window.
    private var urgentThrough: UInt64 = 0
    private var lastRead: UInt64
    package private(set) var skipped: UInt64 = 0

    /// Goes on after `acknowledged`; the journal's end at this moment is `uncertainThrough`.
    package init(
        window: Milliseconds, sendsAll: Bool, acknowledged: UInt64, uncertainThrough: UInt64
    ) {
        self.window = window
        self.sendsAll = sendsAll
        self.acknowledged = acknowledged
        sessionsAcknowledged = acknowledged
        prefix = acknowledged
        self.uncertainThrough = uncertainThrough
        lastRead = acknowledged
    }

    package var backlogCount: Int { backlog.count }
    package var inFlight: Int { flights.count + outbox.count }
    /// Messages of outboxes among them.
    package var outboxInFlight: Int { outbox.count }
    /// The oldest payload chunk still needed.
    package var oldestChunk: UInt64? { backlog.first?.payload.chunk }

    /// The tail has one more event.
    package mutating func read(_ entry: Entry) {
        lastRead = max(lastRead, entry.sequence)
        guard entry.destination == .session else { return backlog.append(entry) }
        switch entry.peek.knownType {
        case .opened: unsent[entry.peek.session] = Unsent(opening: entry.sequence)
        case .completed where !sendsAll: unsent[entry.peek.session]?.isEnded = true
        default: break
        }
        backlog.append(entry)
    }

    /// The tail has a frame that is not for Kafka.
    package mutating func pass(_ sequence: UInt64) {
        lastRead = max(lastRead, sequence)
        if backlog.isEmpty { settle(sequence) }
    }

    /// Somebody waits for Kafka to have `sequence`: no window for what stands before it.
    package mutating func hurry(through sequence: UInt64) {
        urgentThrough = max(urgentThrough, sequence)
    }

    /// The next thing to do at monotonic time `now`.
    package mutating func next(now: Milliseconds) -> Decision {
        while let entry = backlog.first {
            if entry.sequence > urgentThrough, entry.readAt + window > now {
                return .wait(until: entry.readAt + window)
            }
            backlog.removeFirst()
            if skips(entry) {
                skipped += 1
                settle(entry.acknowledges)
                continue
            }
            guard entry.destination == .outbox else {
                return .send(entry, slot: flights.begin(entry.acknowledges))
            }
            // First, or its frame would count as acknowledged.
            let slot = outbox.begin(entry.sequence)
            settle(entry.acknowledges)
            return .send(entry, slot: slot)
        }
        // Frames that are not for Kafka may stand behind what was taken last.
        settleAllRead()
        return .idle
    }

    /// Kafka has the message of `slot`. A slot from before a reset says nothing.
    package mutating func delivered(_ slot: UInt64) {
        _ = outbox.delivered(slot)
        advance(to: flights.delivered(slot) ?? prefix)
        settleAllRead()
    }

    /// The producer is gone with everything in flight: the tail is read again after `acknowledged`.
    package mutating func reset() {
        uncertainThrough = max(uncertainThrough, lastRead)
        flights.reset()
        outbox.reset()
        prefix = acknowledged
        backlog.removeAll()
        unsent.removeAll()
        lastRead = acknowledged
    }

    /// Whether nobody in Kafka needs the entry.
    private mutating func skips(_ entry: Entry) -> Bool {
        guard entry.destination == .session else { return false }
        let session = entry.peek.session
        switch entry.peek.knownType {
        case .handedOver, .owner, .mark, .carried: return true
        default: break
        }
        guard let found = unsent[session] else { return false }
        let isEnd = entry.peek.knownType == .completed
        if isEnd { unsent[session] = nil }
        guard found.isEnded else {
            // Sent from now on: what follows must follow.
            unsent[session] = nil
            return false
        }
        // Its beginning may have been sent before: then its end must follow, whenever it was written.
        // The writes between the two need not; the fold takes an end across a gap.
        return !(isEnd && found.opening <= uncertainThrough)
    }

    private mutating func settle(_ sequence: UInt64) {
        if flights.isEmpty { advance(to: sequence) } else { flights.pass(sequence) }
    }

    /// Where nothing is left, what stands behind it is settled as well.
    private mutating func settleAllRead() {
        if flights.isEmpty, backlog.isEmpty { advance(to: lastRead) }
    }

    private mutating func advance(to sequence: UInt64) {
        prefix = max(prefix, sequence)
        sessionsAcknowledged = max(sessionsAcknowledged, prefix)
        // Of a frame whose message is on its way, nothing can be forgotten.
        acknowledged = max(acknowledged, min(prefix, outbox.first.map { $0 - 1 } ?? prefix))
    }
}
