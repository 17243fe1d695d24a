package import Model
package import Sessions
package import Transactions

/// The state that a node's journal stands for, and the rules of changing it: no thread, no lock, no
/// clock, no file. `Journal` drives it over the log; the simulator drives it over a simulated one.
package struct JournalCore: Sendable {
    package private(set) var table: SessionTable
    /// Transactions that are not finished.
    package private(set) var transactions = TransactionTable()
    /// Hands out what is due, where this process recovers its own sessions.
    package var scheduler: Scheduler?
    /// Lets go of sessions that Kafka knows, where a recovery group does.
    private var handover: Handover?
    /// How far Kafka has the journal: what comes after it must not be forgotten.
    package private(set) var acknowledged = Position.none
    /// How far Kafka has what sessions need, and when it got there, which is what a lease is judged by.
    private var acknowledgements = Acknowledgements.none
    private var hasReplayed = false
    /// The last frame that Kafka has to hear of.
    package private(set) var lastWrite: UInt64 = 0
    /// The identity and the incarnation of this journal's writer.
    package private(set) var writer = Writer.nobody
    /// Bytes of the live sessions as they lie in the log, about.
    package var liveBytes: Int {
        table.bytes + table.alive.total * JournalCore.frameOverhead + transactions.bytes
    }

    /// What the frames of a session cost beyond its content: opened, and one write more.
    private static let frameOverhead = 192

    /// `allowance` is for due times; a journal that is mirrored schedules nothing itself.
    package init(limits: Limits, mirrored: Bool, fallback: KindPolicy) {
        table = SessionTable(limits: limits)
        if mirrored {
            handover = Handover()
        } else {
            // One clock set and reads every time here: no allowance is needed.
            scheduler = Scheduler(allowance: 0, fallback: fallback)
        }
    }

    /// Folds what one frame holds; `sequence` is its log sequence number. Used at replay and, with
    /// the event at hand, by `record`.
    package mutating func replay(
        _ kind: UInt8, _ payload: UnsafeRawBufferPointer, sequence: UInt64
    ) throws(RepriseError) {
        if !hasReplayed {
            hasReplayed = true
            // Only what Kafka has is retired, its last written position perhaps with it.
            if sequence > 1 { acknowledge(sequence - 1, now: .zero) }
        }
        switch FrameKind(rawValue: kind) {
        case .event:
            record(try Event(decoding: payload), sequence: sequence)
        case .batch:
            var failure: RepriseError?
            try EventBatch.forEach(in: payload) { index, bytes in
                do throws(RepriseError) {
                    record(try Event(decoding: bytes), sequence: sequence, index: index)
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
        case .mirrored:
            guard let mirrored = MirrorPosition(payload) else {
                throw RepriseError(.undecodable, "A mirror position has \(payload.count) bytes.")
            }
            acknowledge(mirrored.sequence, now: mirrored.time)
        case .transaction:
            record(try TransactionRecord(decoding: payload), sequence: sequence)
        case nil:
            throw RepriseError(
                .journalVersion,
                "The journal has a frame of kind \(kind), which this version does not know. "
                    + "Start the version that wrote it.")
        }
    }

    /// Folds an event that stands at `sequence` in the log.
    @discardableResult
    package mutating func record(_ event: Event, sequence: UInt64, index: Int = 0) -> Applied {
        let position = Position(sequence: sequence, index: index)
        if case .owner(let owner) = event.body { writer = owner }
        let isKnown = table[event.session] != nil
        // A journal has one writer at a time, which is whoever owns it.
        let applied = table.apply(event, at: position, from: Origin(writer: table.owner))
        guard applied == .accepted else { return applied }
        switch event.body {
        case .owner, .carried, .handedOver: break
        default: lastWrite = max(lastWrite, sequence)
        }
        if handover != nil {
            if case .carried = event.body {
                // A copy renews nothing. Where a replay begins with it, the leases that came before,
                // and when Kafka had them, are gone with the segments that held them.
                if !isKnown { table.loseLease(of: event.session, at: position) }
                if let session = table[event.session] { handover?.watch(session, in: &table) }
            } else {
                noteLease(of: event.session, at: position)
            }
        } else {
            scheduler?.schedule(event.session, in: &table)
        }
        return applied
    }

    /// Folds a transaction's record that stands at `sequence` in the log, and the sessions that begin
    /// with it. False when the record means nothing there, and nothing begins.
    @discardableResult
    package mutating func record(_ record: TransactionRecord, sequence: UInt64) -> Bool {
        let position = Position(sequence: sequence)
        guard transactions.apply(record, at: position) else { return false }
        // Its messages and its outcome go to Kafka, whether sessions begin with it or not.
        if record.outcome != nil { lastWrite = max(lastWrite, sequence) }
        for (index, event) in record.openings.enumerated() {
            self.record(event, sequence: sequence, index: index)
        }
        if let finish = record.finishOpening {
            self.record(finish.event, sequence: sequence, index: finish.index)
        }
        return true
    }

    /// Kafka has acknowledged everything up to `sequence`; `now` is not before the acknowledgement.
    package mutating func acknowledge(_ sequence: UInt64, now: Timestamp) {
        acknowledged = max(acknowledged, JournalCore.end(of: sequence))
        acknowledgeSessions(sequence, now: now)
    }

    /// As `acknowledge`, but for messages of outboxes.
    package mutating func acknowledgeSessions(_ sequence: UInt64, now: Timestamp) {
        acknowledgements.advance(to: JournalCore.end(of: sequence), now: now)
    }

    private static func end(of sequence: UInt64) -> Position {
        Position(sequence: sequence, index: Position.maxBatch - 1)
    }

    /// Until when the session's writer may go on: its lease, and what Kafka knows of it.
    package func heldUntil(_ session: Session) -> Timestamp {
        guard case .open(let lease) = session.phase else { return session.due ?? .zero }
        return min(lease, session.fence.expires(acknowledged: acknowledgements))
    }

    package func context(now: Timestamp, limits: Limits) -> CommandContext {
        CommandContext(now: now, acknowledged: acknowledgements, limits: limits)
    }

    /// Claims and parkings that are due; at most `limit`.
    package mutating func step(now: Timestamp, gates: inout Gates, limit: Int) -> [Event] {
        scheduler?.step(now: now, table: &table, gates: &gates, limit: limit) ?? []
    }

    /// The log has taken what `step` proposed for `id`; gives the kind whose place a claim took.
    package mutating func decided(_ id: SessionID) -> Kind? {
        scheduler?.decided(id, in: &table)
    }

    /// The log has taken what ends a run, or parks a session, without a claim.
    package mutating func ended(_ id: SessionID) {
        scheduler?.ended(id, in: &table)
    }

    /// `handedOver` events for sessions that are the recovery group's now; at most `limit`.
    package mutating func handOver(now: Timestamp, limit: Int) -> [Event] {
        let acknowledged = acknowledgements.position
        return handover?.step(now: now, table: &table, acknowledged: acknowledged, limit: limit)
            ?? []
    }

    /// The first log sequence number that a replay needs, as of `next`, the number of the frame to
    /// come; nil when it cannot be told now.
    package mutating func lowWater(next: UInt64) -> UInt64? {
        var needed = table.lowWater()?.sequence ?? next
        if let oldest = transactions.lowWater { needed = min(needed, oldest.sequence) }
        return table.allowsStart(at: Position(sequence: needed)) ? needed : nil
    }

    /// `carried` events for up to `count` of the oldest sessions.
    package mutating func carry(_ count: Int) -> [Event] {
        table.oldest(count).compactMap { table.carry($0) }
    }

    /// A `carried` event that the log did not take.
    package mutating func carryFailed(_ event: Event) { table.carryFailed(event) }

    /// What ends the session through which others could have finished a transaction. The fold decides
    /// between it and a claim, so no fence has to be looked at.
    package func end(of finish: DurableAction, now: Timestamp) -> Event {
        if let session = table[finish.session], case .open(let lease) = session.phase, now < lease {
            return Event(
                session: finish.session, sequence: session.sequence &+ 1,
                partition: finish.partition, body: .completed(token: .none))
        }
        return Event(
            session: finish.session, partition: finish.partition, body: .cancelled(at: now))
    }

    private mutating func noteLease(of id: SessionID, at position: Position) {
        table.leaseWritten(id, at: position, acknowledged: acknowledgements)
        guard let session = table[id] else { return }
        handover?.watch(session, in: &table)
    }
}
