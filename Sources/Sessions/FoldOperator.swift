internal import Model

// What an operator asks for: rule 5. On a running session it is done when the run ends; an open one
// is its writer's until its lease has run out, and waits from then on.

extension SessionTable {
    mutating func applyRequeued(
        _ requeue: Event.Requeue, _ event: Event, at position: Position
    ) -> Applied {
        guard let session = sessions[event.session] else {
            return revive(requeue, event, at: position)
        }
        if let copy = requeue.snapshot {
            forbidStarts(after: session, through: position)
            if revivals.isRepeat(copy, of: event.session) { return ignore(.duplicate) }
        }
        switch session.phase {
        case .open(let lease) where requeue.time < lease: return ignore(.notApplicable)
        case .running:
            update(event.session) { $0.pending = .requeue(due: requeue.due) }
        case .open, .waiting, .parked:
            edit(session, by: requeue)
            update(event.session) { session in
                // An operator who looks after a session gives it all its attempts again.
                if case .parked = session.phase { session.attempts = 0 }
                session.order = position.rawValue
                session.phase = .waiting(due: requeue.due)
            }
        }
        return .accepted
    }

    /// A copy of the session as it stands, parked, brings the records that an operator gave it.
    private mutating func edit(_ session: Session, by requeue: Event.Requeue) {
        guard case .parked = session.phase, let copy = requeue.snapshot,
            copy.order == session.order, let place = sessions.place(of: session.id)
        else { return }
        let before = sessions[place].bytes
        sessions[place].records = copy.records
        sessions[place].bytes = Session.bytes(
            records: copy.records, headers: sessions[place].headers)
        bytes += sessions[place].bytes - before
    }

    /// A session comes back from the dead-letter topic.
    private mutating func revive(
        _ requeue: Event.Requeue, _ event: Event, at position: Position
    ) -> Applied {
        guard var snapshot = requeue.snapshot else { return ignore(.unknownSession) }
        if revivals.isRepeat(snapshot, of: event.session) { return ignore(.duplicate) }
        revivals.note(event.session, at: position)
        snapshot.phase = .waiting(due: requeue.due)
        snapshot.attempts = 0
        snapshot.order = position.rawValue
        insert(
            Session(
                id: event.session, partition: event.partition, snapshot: snapshot, at: position))
        totals.deadLettered &-= 1
        return .accepted
    }

    mutating func applyCancelled(at time: Timestamp, _ event: Event) -> Applied {
        guard let session = sessions[event.session] else { return ignore(.unknownSession) }
        switch session.phase {
        case .open(let lease) where time < lease: return ignore(.notApplicable)
        case .running: update(event.session) { $0.pending = .cancel }
        case .open, .waiting, .parked: cancel(event.session)
        }
        return .accepted
    }

    private mutating func cancel(_ id: SessionID) {
        remove(id)
        totals.cancelled &+= 1
    }

    /// The run has ended; now the operator's word counts.
    mutating func carryOutPending(_ id: SessionID, at position: Position) {
        guard let session = sessions[id], let pending = session.pending else { return }
        update(id) { $0.pending = nil }
        switch pending {
        case .cancel: cancel(id)
        case .park(let parking): update(id) { $0.phase = .parked(parking) }
        case .requeue(let due):
            update(id) { session in
                if case .parked = session.phase { session.attempts = 0 }
                session.order = position.rawValue
                session.phase = .waiting(due: min(due, session.due ?? due))
            }
        }
    }
}
