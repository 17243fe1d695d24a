public import Model

// Carrying: a session that is rewritten at the tail, so that a later fold can begin after its
// original. A copy is made at one position and lands at another, and the session may be finished or
// written to in between. Every fold that has read the original sees that and passes the copy over; a
// fold that began between the two would take it at its word. So no fold may begin there.

extension SessionTable {
    /// Starts that an event forbids: later than `from`, up to and with `through`.
    struct Hold: Sendable, Hashable {
        var session: SessionID
        var from: Position
        /// Nil while a copy is on its way to the log.
        var through: Position?

        func forbids(_ start: Position) -> Bool {
            from < start && (through.map { start <= $0 } ?? true)
        }
    }

    /// The event that carries a session to the tail; nil when there is nothing to carry, or when an
    /// operator's order waits for the end of its run. Until the event is read back, `allowsStart`
    /// refuses starts after the original.
    public mutating func carry(_ id: SessionID) -> Event? {
        guard let session = sessions[id], session.pending == nil else { return nil }
        holds.append(Hold(session: id, from: session.first, through: nil))
        return Event(
            session: id, partition: session.partition, body: .carried(session.snapshot))
    }

    /// The event that `carry` gave is surely not in the log and never will be.
    public mutating func carryFailed(_ event: Event) {
        guard case .carried(let snapshot) = event.body else { return }
        releaseHold(of: event.session, from: snapshot.first)
    }

    /// Whether a fold that begins at `position` rebuilds this table: nothing alive began before it,
    /// and no copy misleads it. Ask for growing positions: what an allowed one has passed is forgotten.
    public mutating func allowsStart(at position: Position) -> Bool {
        if let water = lowWater(), water < position { return false }
        guard !holds.contains(where: { $0.forbids(position) }) else { return false }
        holds.removeAll { hold in hold.through.map { $0 < position } ?? false }
        return true
    }

    mutating func releaseHold(of id: SessionID, from first: Position) {
        let index = holds.firstIndex { $0.through == nil && $0.session == id && $0.from == first }
        if let index { holds.remove(at: index) }
    }

    /// The copy at `position` does not count.
    mutating func overtaken(
        _ snapshot: Snapshot, of id: SessionID, at position: Position
    ) -> Applied {
        forbidStarts(of: id, after: snapshot.first, through: position)
        return ignore(.overtaken)
    }

    /// The event at `position` would begin the session, were it not here already; a fold that began
    /// after `session` did would take the one for the other.
    mutating func forbidStarts(after session: Session, through position: Position) {
        forbidStarts(of: session.id, after: session.first, through: position)
    }

    private mutating func forbidStarts(
        of id: SessionID, after first: Position, through position: Position
    ) {
        let index = holds.firstIndex { $0.session == id && $0.from == first && $0.through != nil }
        if let index {
            holds[index].through = position
        } else {
            holds.append(Hold(session: id, from: first, through: position))
        }
    }
}

// MARK: Checkpoints

extension SessionTable {
    /// Takes up a fold where a checkpoint left it: at `mark.start`, its sessions to be restored.
    /// `began` is the `start` of the table that was saved. Positions up to `mark.start` are no longer
    /// allowed as starts: the checkpoint does not hold the copies that were passed over.
    public init(resuming mark: Mark, began: Position?, limits: Limits = Limits()) {
        self.init(from: mark, limits: limits)
        start = began
        holds = [
            Hold(
                session: Event.noSession, from: .none, through: Position(offset: mark.start))
        ]
    }

    /// A session of the checkpoint. Sessions come in the order of their `first`; an operator's order
    /// that waits for the end of a run is not part of a snapshot and is applied again as its event.
    public mutating func restore(_ snapshot: Snapshot, as id: SessionID, partition: UInt32) {
        guard sessions[id] == nil else { return }
        totals.opened &+= 1
        insert(Session(id: id, partition: partition, snapshot: snapshot, at: snapshot.first))
    }
}
