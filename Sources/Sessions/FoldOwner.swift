internal import Model

// What the session's writer does, and what a run does to the session's content: rules 1 and 3.

extension SessionTable {
    mutating func applyOpened(
        _ opening: Event.Opening, _ event: Event, at position: Position
    ) -> Applied {
        if let session = sessions[event.session] {
            forbidStarts(after: session, through: position)
            return ignore(.duplicate)
        }
        let session = Session(
            id: event.session, partition: event.partition, version: event.version,
            opening: opening, at: position)
        totals.opened &+= 1
        insert(session)
        return .accepted
    }

    mutating func applyWrite(
        _ write: Event.Write, replacing: Bool, _ event: Event, at position: Position
    ) -> Applied {
        if let refused = refusal(of: event, token: write.token) { return refused }
        guard let place = sessions.place(of: event.session) else {
            return ignore(.unknownSession)
        }
        let added = write.record.count
        let before = sessions[place].bytes
        if replacing {
            let headers = sessions[place].headers
            sessions[place].records = [write.record]
            sessions[place].bytes = Session.bytes(records: [], headers: headers) + added
        } else {
            sessions[place].records.append(write.record)
            sessions[place].bytes += added
        }
        bytes += sessions[place].bytes - before
        sessions[place].sequence = event.sequence
        sessions[place].renew(until: write.until, at: position)
        return .accepted
    }

    mutating func applyExtended(
        _ until: Timestamp, token: Position, _ event: Event, at position: Position
    ) -> Applied {
        if let refused = refusal(of: event, token: token) { return refused }
        guard let place = sessions.place(of: event.session) else {
            return ignore(.unknownSession)
        }
        sessions[place].sequence = event.sequence
        sessions[place].renew(until: until, at: position)
        return .accepted
    }

    mutating func applyCompleted(token: Position, _ event: Event) -> Applied {
        // A run's outcome is decided by its token alone: its writes may still be on their way.
        if token != .none {
            guard let session = sessions[event.session] else { return ignore(.unknownSession) }
            guard session.run?.token == token else { return ignore(.staleToken) }
        } else if let refused = refusal(of: event, token: token) {
            return refused
        }
        remove(event.session)
        totals.completed &+= 1
        return .accepted
    }

    mutating func applyClosed(due: Timestamp, _ event: Event, at position: Position) -> Applied {
        if let refused = refusal(of: event, token: .none) { return refused }
        update(event.session) { session in
            session.sequence = event.sequence
            session.order = position.rawValue
            session.phase = .waiting(due: due)
        }
        return .accepted
    }

    /// Nil when the writer still has the session and the write is its next.
    private mutating func refusal(of event: Event, token: Position) -> Applied? {
        guard let session = sessions[event.session] else { return ignore(.unknownSession) }
        if token == .none {
            guard case .open = session.phase else { return ignore(.notOpen) }
        } else {
            guard session.run?.token == token else { return ignore(.staleToken) }
        }
        if event.sequence <= session.sequence { return ignore(.duplicate) }
        // Before an end, the mirror leaves out what changes nothing any more.
        if event.body.type == .completed { return nil }
        if event.sequence - session.sequence > 1 { return ignore(.gap) }
        return nil
    }
}

extension Session {
    /// The lease or the run's deadline becomes `until`.
    mutating func renew(until: Timestamp, at position: Position) {
        order = position.rawValue
        switch phase {
        case .open: phase = .open(lease: until)
        case .running(var run):
            run.deadline = until
            phase = .running(run)
        case .waiting, .parked: break
        }
    }
}
