internal import Model
internal import Sessions

/// Finds the sessions that the node may forget because the recovery group has them: closed or past
/// their lease, and every write acknowledged by Kafka.
struct Handover: Sendable {
    private var queue = DueQueue()

    /// How long to wait when Kafka has not acknowledged a session yet.
    private static let recheck: Milliseconds = 1_000

    /// The session's due time may have changed. As in the scheduler, later times cost nothing.
    mutating func watch(_ session: Session, in table: inout SessionTable) {
        guard let due = session.due else { return }
        // A closed session is not waited for: the group has its due time.
        let time: Timestamp =
            if case .waiting = session.phase { .zero } else { due }
        enqueue(session, at: time, in: &table)
    }

    mutating func step(
        now: Timestamp, table: inout SessionTable, acknowledged: Position, limit: Int
    ) -> [Event] {
        var events: [Event] = []
        while events.count < limit, let entry = queue.pop(due: now) {
            guard let session = table[entry.session], session.queued == entry.due else { continue }
            table.setQueued(entry.session, .distantFuture)
            if case .open(let lease) = session.phase, lease > now {
                enqueue(session, at: lease, in: &table)
            } else if session.fence.isSettled(acknowledged: acknowledged) {
                events.append(
                    Event(session: session.id, partition: session.partition, body: .handedOver))
                // A full disk may refuse the event.
                enqueue(session, at: now + Handover.recheck, in: &table)
            } else {
                enqueue(session, at: now + Handover.recheck, in: &table)
            }
        }
        return events
    }

    private mutating func enqueue(
        _ session: Session, at time: Timestamp, in table: inout SessionTable
    ) {
        guard time < (table[session.id]?.queued ?? .distantFuture) else { return }
        table.setQueued(session.id, time)
        queue.insert(DueQueue.Entry(due: time, order: session.order, session: session.id))
    }
}
