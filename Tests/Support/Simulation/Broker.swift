internal import Model
internal import Recovery
internal import Sessions

/// The broker: a log for each partition, the group's assignment and committed offsets, and the
/// dead-letter topic. Whatever lands here is seen by the checker at that moment.
final class Broker {
    struct Partition {
        var messages: [PartitionMessage] = []
        var nextOffset: Int64 = 0
        /// What lies below was trimmed.
        var low: Int64 = 0
        var committed: Int64?
        var assigned: Int?
        var generation = 0
        var watch: LogWatch
    }

    private(set) var partitions: [Partition]
    var deadLetters: [SessionID: Session] = [:]
    var isUp = true
    /// What the fold said of the last message's events.
    private(set) var lastApplied: [Applied] = []
    private let findings: Findings
    private let trace: Trace

    init(partitions: Int, findings: Findings, trace: Trace) {
        self.findings = findings
        self.trace = trace
        self.partitions = (0..<partitions).map {
            Partition(watch: LogWatch("partition \($0)", findings: findings))
        }
    }

    /// Appends one message; `gap` leaves offsets out, as control records do.
    func append(_ sent: Sent, to partition: Int, at time: Timestamp, gap: Int64) {
        partitions[partition].nextOffset += gap
        let message = PartitionMessage(
            offset: partitions[partition].nextOffset, origin: sent.origin, time: time,
            isBatch: sent.isBatch, value: sent.value)
        partitions[partition].nextOffset += 1
        partitions[partition].messages.append(message)
        lastApplied = []
        guard let value = sent.value else { return }
        trace.note("  p\(partition)@\(message.offset) <- \(sent.summary)")
        if sent.events.isEmpty {
            let place = LogWatch.PartitionPlace(
                partition: UInt32(partition), position: Position(offset: message.offset),
                time: time)
            partitions[partition].watch.applyUndecodable(place, bytes: value, from: sent.origin)
        }
        for (index, event) in sent.events.enumerated() {
            let applied = partitions[partition].watch.apply(
                event, at: Position(offset: message.offset, index: index), from: sent.origin)
            lastApplied.append(applied)
            if applied != .accepted { trace.note("     \(index): \(applied)") }
        }
    }

    func ask(_ endedAtSource: @escaping (SessionID) -> Bool) {
        for index in partitions.indices {
            partitions[index].watch.endedAtSource = endedAtSource
        }
    }

    /// The place in `messages` of the first message at or after `offset`; nil when it was trimmed.
    func index(of offset: Int64, in partition: Int) -> Int? {
        guard offset >= partitions[partition].low else { return nil }
        let messages = partitions[partition].messages
        return messages.firstIndex { $0.offset >= offset } ?? messages.count
    }

    /// Whether the group has claimed or parked the session.
    func isTaken(_ id: SessionID, in partition: Int) -> Bool {
        partitions[partition].watch.stories[id]?.isTaken == true
    }

    // MARK: The group

    func assign(_ partition: Int, to worker: Int?) {
        partitions[partition].assigned = worker
        partitions[partition].generation += 1
        trace.note("p\(partition) is assigned to worker \(worker.map(String.init) ?? "none")")
    }

    /// Refused for whoever is not the member that the group assigned the partition to.
    func commit(_ offset: Int64, of partition: Int, worker: Int, generation: Int) -> Bool {
        guard partitions[partition].assigned == worker,
            partitions[partition].generation == generation
        else { return false }
        partitions[partition].committed = offset
        trace.note("p\(partition): committed \(offset)")
        checkNeeded(from: offset, in: partition)
        return true
    }

    func trim(_ partition: Int, below offset: Int64) {
        guard offset > partitions[partition].low else { return }
        partitions[partition].low = offset
        trace.note("p\(partition): trimmed below \(offset)")
        checkNeeded(from: offset, in: partition)
    }

    private func checkNeeded(from offset: Int64, in partition: Int) {
        for session in partitions[partition].watch.table.sessions.values {
            findings.require(
                session.first.offset >= offset, .nothingNeededIsTrimmed,
                "p\(partition): \(session.id) begins at \(session.first.offset), a fold at "
                    + "\(offset)")
        }
    }
}

/// A message on its way to a partition.
struct Sent {
    var origin: Origin
    var value: [UInt8]?
    var isBatch: Bool
    var events: [Event]
    /// The mirror's slot; nil for what nobody counts.
    var slot: UInt64?

    init(_ events: [Event], from writer: Writer, isBatch: Bool) {
        origin = Origin(writer: writer)
        self.events = events
        self.isBatch = isBatch
        value = isBatch ? EventBatch.encoded(events) : events.first?.encoded
    }

    init(mirrored event: Event, bytes: [UInt8], origin: Origin, slot: UInt64) {
        self.origin = origin
        self.slot = slot
        events = [event]
        isBatch = false
        value = bytes
    }

    init(garbage: [UInt8]?) {
        origin = Origin(writer: .nobody)
        value = garbage
        isBatch = false
        events = []
    }

    var summary: String {
        let place = origin.sequence > 0 ? " #\(origin.sequence)" : ""
        return "\(origin.writer.node)/\(origin.writer.incarnation)\(place) "
            + events.map { "\($0.session.low & 0xFFF) \($0.body.short)" }.joined(separator: "; ")
    }
}

extension Event.Body {
    var short: String {
        switch self {
        case .opened(let opening): "opened until \(opening.lease.short)"
        case .appended(let write): "appended until \(write.until.short) \(write.token)"
        case .replaced(let write): "replaced until \(write.until.short) \(write.token)"
        case .extended(let until, let token): "extended until \(until.short) \(token)"
        case .completed(let token): "completed \(token)"
        case .closed(let due): "closed due \(due.short)"
        case .claimed(let claim): "claimed #\(claim.attempt) until \(claim.deadline.short)"
        case .retried(let retry): "retried \(retry.token) due \(retry.due.short)"
        case .parked(let parking, let token): "parked \(parking.reason) \(token)"
        case .owner(let writer): "owner \(writer.node)/\(writer.incarnation)"
        case .mark(let mark): "mark \(mark.start)"
        case .carried(let snapshot): "carried \(snapshot.phase)"
        default: "\(type?.wireName ?? "unknown")"
        }
    }
}

extension Timestamp {
    /// Milliseconds since the schedule began.
    var short: String { "\(milliseconds - World.beginning.milliseconds)" }
}
