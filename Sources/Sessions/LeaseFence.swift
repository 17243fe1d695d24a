public import Model

extension SessionTable {
    /// The writing node wrote an event of the session's owner to its journal at `position`: the lease
    /// that the session has now is the one that Kafka will hear of.
    public mutating func leaseWritten(
        _ id: SessionID, at position: Position, acknowledged: Acknowledgements
    ) {
        guard let place = sessions.place(of: id) else { return }
        if case .open(let lease) = sessions[place].phase {
            sessions[place].fence.renewed(to: lease, at: position, acknowledged: acknowledged)
        } else {
            sessions[place].fence.written(at: position)
        }
    }
}

/// How long the writing node may go on with a session that Kafka knows: no longer than the last
/// lease that Kafka has acknowledged in time, because past it the recovery group may own the session.
///
/// In time means: before the lease that stood until then ran out. A renewal that reaches Kafka later
/// may stand behind a claim, which the node cannot see; so the session stays refused.
///
/// Only the oldest and the newest lease that are not settled are kept: an acknowledgement in between
/// moves nothing, which errs on the side of refusing.
public struct LeaseFence: Sendable, Hashable {
    /// The lease that the group acts on at the latest. `distantFuture`: nothing was written yet.
    private var known = Timestamp.distantFuture
    private var oldest = Timestamp.distantFuture
    private var oldestAt = Position.none
    private var newest = Timestamp.distantFuture
    private var newestAt = Position.none
    /// The last write, settled or not.
    private var lastAt = Position.none

    /// Of a session of which nothing was written yet: it never expires.
    public init() {}

    /// A session of which only its state at `position` is known: refused from the beginning.
    init(lostAt position: Position) {
        known = .zero
        lastAt = position
    }

    /// A lease was written to the journal at `position`; `acknowledged` is how far Kafka has it.
    public mutating func renewed(
        to lease: Timestamp, at position: Position, acknowledged: Acknowledgements
    ) {
        lastAt = position
        // Once sent, the group acts on the first lease unless it hears of a later one.
        guard known != .distantFuture else {
            known = lease
            return
        }
        settle(acknowledged)
        // A lease that shortens holds from the moment it may be sent.
        known = min(known, lease)
        if oldestAt == .none {
            oldest = lease
            oldestAt = position
        }
        newest = lease
        newestAt = position
    }

    /// Something that is no lease was written.
    mutating func written(at position: Position) {
        lastAt = position
    }

    /// The moment from which the node refuses.
    public func expires(acknowledged: Acknowledgements) -> Timestamp {
        var settled = self
        settled.settle(acknowledged)
        return settled.known
    }

    private mutating func settle(_ acknowledged: Acknowledgements) {
        guard oldestAt != .none, let first = acknowledged.time(of: oldestAt), first < known else {
            return
        }
        known = oldest
        oldest = newest
        oldestAt = newestAt
        guard let last = acknowledged.time(of: newestAt) else { return }
        guard last < known else { return }
        known = newest
        oldestAt = .none
        newestAt = .none
    }

    /// Whether Kafka has everything that was written to the session.
    public func isSettled(acknowledged: Position) -> Bool { lastAt <= acknowledged }
}
