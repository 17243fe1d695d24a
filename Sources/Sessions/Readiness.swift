internal import HeapModule
public import Model

/// What is due of one kind and was not handed out yet.
public struct Readiness: Sendable, Hashable {
    /// Sessions due and waiting for a place.
    public var count = 0
    /// Since when the oldest of them is due, claims on their way to the log and kinds without a
    /// handler here included.
    public var oldest: Timestamp?

    /// Nothing is due.
    public init() {}

    /// Both together, as of several partitions.
    public static func + (left: Readiness, right: Readiness) -> Readiness {
        var sum = left
        sum.count += right.count
        if let oldest = right.oldest { sum.note(oldest) }
        return sum
    }

    mutating func note(_ due: Timestamp) {
        oldest = min(oldest ?? due, due)
    }
}

extension Scheduler {
    /// What is due at `now` and was not handed out, by kind. Looks at the first of each kind, at the
    /// claims under way, at the head of the queue and at what nobody handles here: not at every session.
    public func readiness(now: Timestamp, table: SessionTable) -> [Kind: Readiness] {
        var found: [Kind: Readiness] = [:]
        for (kind, waiting) in ready {
            found[kind, default: Readiness()].count = waiting.count
            if let first = waiting.min { found[kind]?.note(first.due) }
        }
        for (kind, waiting) in aside {
            for id in waiting {
                guard let place = table.sessions.place(of: id),
                    let due = table.sessions[place].due
                else { continue }
                found[kind, default: Readiness()].note(due)
            }
        }
        // While the log takes nothing, what waits for it stands here.
        for (id, kind) in proposals {
            guard kind != nil, let session = table[id], session.run == nil || isOver(session, now),
                let wake = session.wake(allowance: allowance), wake <= now
            else { continue }
            found[session.kind, default: Readiness()].note(wake)
        }
        if let first = queue.first, first.due <= now, let session = table[first.session],
            session.queued == first.due, let wake = session.wake(allowance: allowance), wake <= now
        {
            found[session.kind, default: Readiness()].note(wake)
        }
        return found
    }

    private func isOver(_ session: Session, _ now: Timestamp) -> Bool {
        session.run.map { $0.deadline + allowance <= now } ?? false
    }
}
