internal import HeapModule
internal import Model

extension Scheduler {
    /// What to do with the oldest session of a kind that is ready.
    enum Decision {
        /// It is not due any more, or not at this place in the order.
        case outdated
        /// Nobody here handles its kind.
        case unhandled
        case write(Event)
        /// Only with a place for the run.
        case claim(Event)
    }

    func decide(
        _ entry: DueQueue.Entry, now: Timestamp, table: SessionTable, gates: Gates
    ) -> Decision {
        guard proposals[entry.session] == nil, let session = table[entry.session],
            let wake = session.wake(allowance: allowance), wake <= now, wake == entry.due,
            session.order == entry.order
        else { return .outdated }
        if let event = endOfRun(session, now: now) { return .write(event) }
        let gate = gates[session.kind]
        // The allowance is in the event's own time: where a renewal lands before the event, the fold
        // holds that time against the renewed lease, and must leave it the same allowance.
        let time = now + -(wake - (session.due ?? wake))
        if let parking = parking(session, gate, now: now, time: time) {
            return .write(
                Event(
                    session: session.id, partition: session.partition,
                    body: .parked(parking, token: .none)))
        }
        guard let gate else { return .unhandled }
        let claim = Event.Claim(
            attempt: session.attempts &+ 1, deadline: now + gate.policy.handlerTimeout, time: time)
        return .claim(
            Event(session: session.id, partition: session.partition, body: .claimed(claim)))
    }

    /// An operator's order waits for the end of a run whose worker has died: this event ends it.
    private func endOfRun(_ session: Session, now: Timestamp) -> Event? {
        guard let run = session.run, session.pending != nil else { return nil }
        let retry = Event.Retry(
            token: run.token, due: now, time: now, counted: true, reason: Session.deadlinePassed)
        return Event(session: session.id, partition: session.partition, body: .retried(retry))
    }

    /// Parking instead of a claim, where the session is beyond what its policy allows.
    private func parking(
        _ session: Session, _ gate: Gate?, now: Timestamp, time: Timestamp
    ) -> Parking? {
        let policy = gate?.policy ?? self.policy(withoutGate: session.kind)
        if policy.retry.maxAttempts > 0, session.attempts >= policy.retry.maxAttempts {
            return Parking(
                reason: .attemptsExhausted,
                detail: "All \(session.attempts) attempts were used up.", time: time)
        }
        guard isTooOld(session, policy, now) else { return nil }
        guard gate != nil else {
            return Parking(
                reason: .handlerMissing, detail: "No worker handles the kind.", time: time)
        }
        // What nobody has tried yet is not worn out: it was due later than its age, or everything
        // was down for long.
        guard session.attempts > 0 else { return nil }
        return Parking(
            reason: .ageExceeded, detail: "The session is older than its kind allows.", time: time)
    }

    private func policy(withoutGate kind: Kind) -> KindPolicy {
        kind == .transactionFinish ? .transactionFinish : fallback
    }

    private func isTooOld(_ session: Session, _ policy: KindPolicy, _ now: Timestamp) -> Bool {
        policy.retry.maxAge > 0 && now - session.created >= policy.retry.maxAge
    }

    // MARK: From the queue to the ready

    mutating func collectDue(now: Timestamp, table: inout SessionTable, gates: Gates) {
        while let entry = queue.pop(due: now) {
            guard let place = table.sessions.place(of: entry.session) else {
                forget(entry.session)
                continue
            }
            guard table.sessions[place].queued == entry.due else { continue }
            table.sessions[place].queued = .distantFuture
            guard let wake = table.sessions[place].wake(allowance: allowance) else { continue }
            if wake > now {
                schedule(entry.session, in: &table)
                continue
            }
            let kind = table.sessions[place].kind
            if gates[kind] == nil,
                !isTooOld(table.sessions[place], policy(withoutGate: kind), now)
            {
                setAside(entry.session, kind, table: &table)
                continue
            }
            forget(entry.session)
            let order = table.sessions[place].order
            ready[kind, default: Heap()].insert(
                DueQueue.Entry(due: wake, order: order, session: entry.session))
        }
    }

    /// The queue also holds what is outdated; bounds it by what is alive.
    mutating func sweep(_ table: SessionTable) {
        guard queue.count > 65_536, queue.count > 4 * table.alive.total else { return }
        queue = DueQueue()
        for session in table.sessions.values where session.queued != .distantFuture {
            queue.insert(
                DueQueue.Entry(due: session.queued, order: session.order, session: session.id))
        }
    }

    // MARK: Kinds without a handler here

    /// Looked at again when its age is up, or when its kind has a handler.
    mutating func setAside(_ id: SessionID, _ kind: Kind, table: inout SessionTable) {
        aside[kind, default: []].insert(id)
        let maxAge = policy(withoutGate: kind).retry.maxAge
        guard maxAge > 0, let place = table.sessions.place(of: id) else { return }
        let aged = table.sessions[place].created + maxAge
        table.sessions[place].queued = aged
        queue.insert(
            DueQueue.Entry(due: aged, order: table.sessions[place].order, session: id))
    }

    mutating func resumeAside(table: inout SessionTable, gates: Gates) {
        for kind in Array(aside.keys) where gates[kind] != nil {
            for id in aside.removeValue(forKey: kind) ?? [] { schedule(id, in: &table) }
        }
    }

    /// It no longer waits for a handler.
    mutating func forget(_ id: SessionID) {
        guard !aside.isEmpty else { return }
        for kind in Array(aside.keys) {
            aside[kind]?.remove(id)
            if aside[kind]?.isEmpty == true { aside[kind] = nil }
        }
    }
}
