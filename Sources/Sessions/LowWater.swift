internal import DequeModule
public import Model

// Where a fold must begin so that it rebuilds every session that is not finished.

extension SessionTable {
    /// The position of the oldest session's `first`; nil when nothing is alive. Amortised constant:
    /// entries of sessions that moved on are dropped on the way.
    public mutating func lowWater() -> Position? {
        while let oldest = arrivals.first {
            if isCurrent(oldest) { return oldest.position }
            arrivals.removeFirst()
        }
        return nil
    }

    /// Up to `count` of the sessions that hold the low-water mark back, oldest first. Costs a pass
    /// over as many entries as are asked for and the outdated ones among them.
    public mutating func oldest(_ count: Int) -> [SessionID] {
        var found: [SessionID] = []
        _ = lowWater()
        for arrival in arrivals where isCurrent(arrival) {
            guard found.count < count else { break }
            found.append(arrival.session)
        }
        return found
    }

    mutating func arrive(_ id: SessionID, at position: Position) {
        arrivals.append(Arrival(position: position, session: id))
        // Outdated entries in the middle cannot be dropped from the front; bound them.
        if arrivals.count > 1_024, arrivals.count > 4 * sessions.count {
            let sessions = self.sessions
            arrivals.removeAll { sessions[$0.session]?.first != $0.position }
        }
    }

    private func isCurrent(_ arrival: Arrival) -> Bool {
        sessions[arrival.session]?.first == arrival.position
    }
}
