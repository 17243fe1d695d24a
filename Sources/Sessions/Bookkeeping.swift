public import Model

// Notes that drivers keep with a session; no event carries them.

extension SessionTable {
    /// The due time of the session's entry in its due queue.
    public mutating func setQueued(_ id: SessionID, _ due: Timestamp) {
        guard let place = sessions.place(of: id) else { return }
        sessions[place].queued = due
    }

    /// The session was found in the log without the leases that led to its own: what Kafka knows of
    /// them is not to be told any more.
    public mutating func loseLease(of id: SessionID, at position: Position) {
        guard let place = sessions.place(of: id) else { return }
        sessions[place].fence = LeaseFence(lostAt: position)
    }
}
