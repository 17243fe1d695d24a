internal import Journal
internal import Mirror
internal import Model
internal import Sessions
internal import WAL

/// One life of a node's process.
final class NodeProcess {
    unowned let node: Node
    let log: LogCore
    var core: JournalCore
    private(set) var writer = Writer.nobody
    private(set) var hasBegun = false
    /// Frames that the mirror's tail may read, by sequence; goes with retired segments.
    private(set) var tail: [UInt64: JournalWatch.Frame] = [:]
    var tickets: [Ticket] = []
    var mirror: MirrorDriver?
    var recovery: LocalRecovery?
    private var pendingRetirement: (before: UInt64, after: UInt64)?

    var world: World { node.world }

    init(
        _ node: Node, log: LogCore, core: JournalCore,
        found: [(sequence: UInt64, kind: UInt8, bytes: [UInt8])]
    ) {
        self.node = node
        self.log = log
        self.core = core
        for frame in found {
            tail[frame.sequence] = node.watch.frames[Int(frame.sequence) - 1]
        }
    }

    /// The start's own event, which is durable before anything else happens.
    func begin() throws(RepriseError) {
        let durable = log.durable.rawValue
        writer = Writer(
            node: "n\(node.index)", journal: log.identity, incarnation: durable + 1)
        try log.maintain()
        try append([Event(session: Event.noSession, body: .owner(writer))], use: .reserve)
        try log.flush()
        hasBegun = true
        if world.scenario.isMirrored {
            mirror = MirrorDriver(self, uncertainThrough: log.durable.rawValue)
        } else {
            recovery = LocalRecovery(self, gates: world.scenario.gates)
        }
    }

    func abandon() {
        for ticket in tickets { world.answer(ticket, .unknown) }
        tickets = []
        mirror?.abandon()
    }

    // MARK: Writing

    /// Appends one frame and folds it. Full buffers are written first, as callers of `Journal` wait
    /// for room.
    @discardableResult
    func append(_ events: [Event], use: SpaceClass) throws(RepriseError) -> (LSN, [Applied]) {
        let isBatch = events.count > 1
        let bytes = isBatch ? EventBatch.encoded(events) : events[0].encoded
        let kind = isBatch ? FrameKind.batch : FrameKind.event
        let lsn = try appendFrame(kind, bytes, events, use)
        var applied: [Applied] = []
        for (index, event) in events.enumerated() {
            applied.append(core.record(event, sequence: lsn.rawValue, index: index))
            world.trace.note(
                "n\(node.index)#\(lsn) \(event.session.low & 0xFFF) \(event.body.short) "
                    + "\(applied[index] == .accepted ? "" : "\(applied[index])")")
        }
        return (lsn, applied)
    }

    /// The mirror got that far; known at once, written down now and then.
    func hearsOfKafka(_ sequence: UInt64) { core.acknowledge(sequence, now: node.now) }

    /// Notes how far Kafka has the journal. Not forced.
    func acknowledge(_ sequence: UInt64) throws(RepriseError) {
        let mirrored = MirrorPosition(sequence: sequence, time: node.now)
        var bytes = [UInt8](repeating: 0, count: MirrorPosition.size)
        bytes.withUnsafeMutableBytes { mirrored.write(to: $0) }
        _ = try appendFrame(.mirrored, bytes, [], .reserve)
    }

    private func appendFrame(
        _ kind: FrameKind, _ bytes: [UInt8], _ events: [Event], _ use: SpaceClass
    ) throws(RepriseError) -> LSN {
        let lsn: LSN
        do throws(RepriseError) {
            lsn = try put(kind, bytes, use)
        } catch {
            guard error.code == .journalBusy else { throw error }
            try log.flush()
            try log.maintain()
            lsn = try put(kind, bytes, use)
        }
        let frame = JournalWatch.Frame(kind: kind.rawValue, bytes: bytes, events: events)
        tail[lsn.rawValue] = frame
        node.watch.appended(frame, at: lsn.rawValue)
        return lsn
    }

    private func put(
        _ kind: FrameKind, _ bytes: [UInt8], _ use: SpaceClass
    ) throws(RepriseError) -> LSN {
        try log.append(kind: kind.rawValue, size: bytes.count, use: use) {
            $0.copyBytes(from: bytes)
        }
    }

    // MARK: Durability

    /// One forced write, and the answers that waited for it.
    func flush() throws(RepriseError) {
        _ = try log.flushBatch()
        answerDurable()
    }

    func flushAll() throws(RepriseError) {
        try log.flush()
        answerDurable()
    }

    func answerDurable() {
        let isLying = world.mutation == .acknowledgesBeforeDurable
        let durable = isLying ? log.appended.rawValue : log.durable.rawValue
        var waiting: [Ticket] = []
        for ticket in tickets {
            if ticket.sequence <= durable, ticket.level == .local {
                node.watch.acknowledge(ticket.sequence)
                world.answer(ticket, .done)
            } else {
                waiting.append(ticket)
            }
        }
        tickets = waiting
    }

    /// Kafka has the journal up to `sequence`: answers those who wait for that.
    func answerMirrored(_ sequence: UInt64) {
        var waiting: [Ticket] = []
        for ticket in tickets {
            guard ticket.sequence <= sequence, ticket.level == .mirrored else {
                waiting.append(ticket)
                continue
            }
            node.watch.acknowledge(ticket.sequence)
            // Past the lease the group may have it: the recovery run decides.
            let isInTime = node.now < ticket.fence
            if !isInTime { world.reached(.answeredTooLate) }
            world.answer(ticket, isInTime ? .done : .unknown)
            if isInTime { mirror?.checkAcknowledged(ticket) }
        }
        tickets = waiting
    }

    // MARK: Upkeep, as `Journal.keepUp` does it

    func keepUp() throws(RepriseError) {
        retire()
        try log.maintain()
        dropTail()
        let events = core.handOver(now: node.now, limit: 4)
        if !events.isEmpty {
            try append(events, use: .reserve)
            world.reached(.sessionHandedOver)
        }
        let space = log.space
        if space.segments > 1, core.liveBytes < space.segments * Node.options.segmentBytes / 2 {
            var events = core.carry(3)[...]
            while let event = events.first {
                do throws(RepriseError) {
                    try append([event], use: .reserve)
                } catch {
                    for event in events { core.carryFailed(event) }
                    throw error
                }
                events.removeFirst()
                world.reached(.journalCarried)
            }
        }
    }

    private func dropTail() {
        let first = log.space.first.rawValue
        if let lowest = tail.keys.min(), lowest < first {
            for sequence in lowest..<first { tail[sequence] = nil }
        }
    }

    private func retire() {
        let appended = log.appended.rawValue
        guard let alive = core.lowWater(next: appended + 1) else { return }
        let isMirrored =
            world.scenario.isMirrored && world.mutation != .retiresUnsent
        let needed = isMirrored ? min(alive, core.acknowledged.sequence + 1) : alive
        guard let last = pendingRetirement else {
            pendingRetirement = (needed, appended)
            return
        }
        guard last.after <= log.durable.rawValue else { return }
        pendingRetirement = (needed, appended)
        log.retire(before: LSN(last.before))
    }
}

/// Somebody waits for an answer.
struct Ticket {
    var client: Int
    var operation: Operation
    var sequence: UInt64
    var level: Acknowledgement
    /// For `mirrored`: the lease that Kafka knew when the write was made.
    var fence: Timestamp
}

enum Answer {
    case done
    case unknown
    case refused(ErrorCode)
}
