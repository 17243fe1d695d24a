public import Model
public import Sessions

extension SessionFilter {
    /// Whether it is one of them; `limit` and `after` aside.
    public func matches(_ session: Session, now: Timestamp) -> Bool {
        if let kind, kind != session.kind { return false }
        if let phase, phase != PhaseName(session.phase) { return false }
        if let id, !id.matches(session.id) { return false }
        if dueFrom != nil || dueTo != nil {
            guard let due = session.due else { return false }
            if let dueFrom, due < dueFrom { return false }
            if let dueTo, due > dueTo { return false }
        }
        if let olderThan, now - session.created < olderThan { return false }
        if let reason {
            guard case .parked(let parking) = session.phase, parking.reason == reason else {
                return false
            }
        }
        return true
    }
}

extension SessionPage {
    /// The page that `filter` asks for, from a `list` of at most so many sessions after an id.
    init(
        _ filter: SessionFilter, now: Timestamp,
        from list: (SessionID?, Int, (Session) -> Bool) -> [Session]
    ) {
        let limit = min(max(1, filter.limit), SessionFilter.maxLimit)
        // One more than asked for tells whether there is a next page.
        var found = list(filter.after, limit + 1) { filter.matches($0, now: now) }
        let hasMore = found.count > limit
        if hasMore { found.removeLast() }
        self.init(sessions: found, next: hasMore ? found.last?.id : nil)
    }
}
