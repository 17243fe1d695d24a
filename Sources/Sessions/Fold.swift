public import Model

// The fold: apply(state, event, position) -> state. Total: every event of every origin is either
// accepted or ignored for a reason, and nothing traps. Who was first is who stands first in the log.

extension SessionTable {
    /// Folds `event`, which stands at `position` in the log and came from `origin`.
    @discardableResult
    public mutating func apply(
        _ event: Event, at position: Position, from origin: Origin
    ) -> Applied {
        if let resent = noteOrigin(origin, at: position) { return resent }
        if event.version > Event.currentVersion { return applyUnknown(event, at: position) }
        switch event.body {
        case .opened(let opening): return applyOpened(opening, event, at: position)
        case .appended(let write): return applyWrite(write, replacing: false, event, at: position)
        case .replaced(let write): return applyWrite(write, replacing: true, event, at: position)
        case .extended(let until, let token):
            return applyExtended(until, token: token, event, at: position)
        case .completed(let token): return applyCompleted(token: token, event)
        case .closed(let due): return applyClosed(due: due, event, at: position)
        case .claimed(let claim): return applyClaimed(claim, event, at: position, from: origin)
        case .retried(let retry): return applyRetried(retry, event, at: position)
        case .parked(let parking, let token):
            return applyParked(parking, token: token, event, at: position, from: origin)
        case .carried(let snapshot):
            return applyCarried(snapshot, event, at: position, from: origin)
        case .requeued(let requeue): return applyRequeued(requeue, event, at: position)
        case .cancelled(let time): return applyCancelled(at: time, event)
        case .deadLettered: return applyDeadLettered(event, from: origin)
        case .handedOver: return applyHandedOver(event)
        case .owner(let writer):
            owner = writer
            return .accepted
        case .mark:
            return origin.writer == owner ? .accepted : ignore(.notOwner)
        case .unknown: return applyUnknown(event, at: position)
        }
    }

    /// Nil when the event is new here.
    mutating func noteOrigin(_ origin: Origin, at position: Position) -> Applied? {
        if start == nil { start = position }
        guard origin.sequence > 0 else { return nil }
        let journal = origin.writer.journal
        if let index = places.index(forKey: journal) {
            guard places.values[index].sequence < origin.sequence else { return ignore(.resent) }
            places.values[index] = JournalPlace(sequence: origin.sequence, seen: position)
        } else {
            if places.count >= Limits.maxJournals { forgetJournal() }
            places[journal] = JournalPlace(sequence: origin.sequence, seen: position)
        }
        return nil
    }

    /// Nodes whose disk is thrown away leave a journal behind each time; the list stays bounded.
    private mutating func forgetJournal() {
        let silent = places.min { ($0.value.seen, $0.key) < ($1.value.seen, $1.key) }
        if let silent { places.removeValue(forKey: silent.key) }
    }

    mutating func ignore(_ reason: Ignored) -> Applied {
        ignored.count(reason)
        return .ignored(reason)
    }

    // MARK: Storage, with the counters kept in step.

    mutating func insert(_ session: Session) {
        sessions[session.id] = session
        count(session.phase, of: session.kind, 1)
        bytes += session.bytes
        arrive(session.id, at: session.first)
    }

    mutating func remove(_ id: SessionID) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        count(session.phase, of: session.kind, -1)
        bytes -= session.bytes
    }

    private mutating func count(_ phase: Phase, of kind: Kind, _ change: Int) {
        alive.add(phase, change)
        // Taken out and put back: changed in place, the dictionary's coroutine would allocate.
        var counts = aliveByKind[kind] ?? AliveCounts()
        counts.add(phase, change)
        aliveByKind[kind] = counts
        // A kind that has none now will have some soon; names that were only passing by go.
        if change < 0, aliveByKind.count > SessionTable.maxIdleKinds {
            aliveByKind = aliveByKind.filter { $0.value.total != 0 }
        }
    }

    private static let maxIdleKinds = 1_024

    /// Changes a session in place. Not for its `bytes`; see `applyWrite`.
    mutating func update(_ id: SessionID, _ change: (inout Session) -> Void) {
        guard let place = sessions.place(of: id) else { return }
        let before = sessions[place].phase
        change(&sessions[place])
        guard !sessions[place].phase.counts(as: before) else { return }
        let kind = sessions[place].kind
        count(sessions[place].phase, of: kind, 1)
        count(before, of: kind, -1)
    }
}

extension Phase {
    /// Whether both are the same but for times and tokens.
    fileprivate func counts(as other: Phase) -> Bool {
        switch (self, other) {
        case (.open, .open), (.waiting, .waiting), (.running, .running), (.parked, .parked): true
        default: false
        }
    }
}
