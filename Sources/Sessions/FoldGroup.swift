internal import Model

// What the recovery group does: claims, outcomes of runs, carrying: rules 2 to 4.

extension SessionTable {
    mutating func applyClaimed(
        _ claim: Event.Claim, _ event: Event, at position: Position, from origin: Origin
    ) -> Applied {
        guard origin.writer == owner else { return ignore(.notOwner) }
        guard let session = sessions[event.session] else { return ignore(.unknownSession) }
        guard let due = session.due else { return ignore(.notApplicable) }
        guard claim.time >= due else { return ignore(.notDue) }
        guard session.attempts < .max, claim.attempt == session.attempts + 1 else {
            return ignore(.overtaken)
        }
        let limits = self.limits
        update(event.session) { session in
            if session.run != nil {
                session.remember(
                    at: claim.time, counted: true, reason: Session.deadlinePassed, limits)
            }
            session.attempts += 1
            session.order = position.rawValue
            session.phase = .running(
                Run(attempt: claim.attempt, token: position, deadline: claim.deadline))
        }
        return .accepted
    }

    mutating func applyRetried(
        _ retry: Event.Retry, _ event: Event, at position: Position
    ) -> Applied {
        guard let session = sessions[event.session] else { return ignore(.unknownSession) }
        guard session.run?.token == retry.token, retry.token != .none else {
            return ignore(.staleToken)
        }
        let limits = self.limits
        update(event.session) { session in
            session.remember(at: retry.time, counted: retry.counted, reason: retry.reason, limits)
            if !retry.counted, session.attempts > 0 { session.attempts -= 1 }
            session.order = position.rawValue
            session.phase = .waiting(due: retry.due)
        }
        carryOutPending(event.session, at: position)
        return .accepted
    }

    mutating func applyParked(
        _ parking: Parking, token: Position, _ event: Event, at position: Position,
        from origin: Origin
    ) -> Applied {
        var parking = parking
        parking.detail = limits.clipped(parking.detail)
        guard let session = sessions[event.session] else { return ignore(.unknownSession) }
        if token != .none {
            guard session.run?.token == token else { return ignore(.staleToken) }
        } else {
            switch session.phase {
            case .waiting: break
            case .parked: return ignore(.notApplicable)
            case .open(let lease):
                guard parking.time >= lease else { return ignore(.notDue) }
            case .running(let run):
                guard origin.writer == owner, parking.time >= run.deadline else {
                    // An operator's word waits for the run to end.
                    update(event.session) { [parking] in $0.pending = .park(parking) }
                    return .accepted
                }
            }
        }
        update(event.session) { [parking, limits] session in
            if session.run != nil {
                session.remember(at: parking.time, counted: true, reason: parking.detail, limits)
            }
            session.phase = .parked(parking)
        }
        if session.pending != nil, case .park? = session.pending {
            update(event.session) { $0.pending = nil }
        } else {
            carryOutPending(event.session, at: position)
        }
        return .accepted
    }

    /// Accepted only as an exact copy, so that carrying changes no content. Unknown here means that
    /// this fold began after the original; where it has read the original, the session was finished
    /// while its copy was on the way, and stays so.
    mutating func applyCarried(
        _ snapshot: Snapshot, _ event: Event, at position: Position, from origin: Origin
    ) -> Applied {
        guard origin.writer == owner else { return ignore(.notOwner) }
        releaseHold(of: event.session, from: snapshot.first)
        guard let session = sessions[event.session] else {
            if let start, snapshot.first >= start {
                return overtaken(snapshot, of: event.session, at: position)
            }
            totals.opened &+= 1
            insert(
                Session(
                    id: event.session, partition: event.partition, snapshot: snapshot,
                    at: position))
            return .accepted
        }
        guard session.isExactly(snapshot), session.pending == nil else {
            return overtaken(snapshot, of: event.session, at: position)
        }
        update(event.session) { $0.first = position }
        arrive(event.session, at: position)
        return .accepted
    }

    mutating func applyDeadLettered(_ event: Event, from origin: Origin) -> Applied {
        guard origin.writer == owner else { return ignore(.notOwner) }
        guard let session = sessions[event.session] else { return ignore(.unknownSession) }
        guard case .parked = session.phase else { return ignore(.notApplicable) }
        remove(event.session)
        totals.deadLettered &+= 1
        return .accepted
    }

    mutating func applyHandedOver(_ event: Event) -> Applied {
        guard sessions[event.session] != nil else { return ignore(.unknownSession) }
        remove(event.session)
        totals.handedOver &+= 1
        return .accepted
    }
}

extension Session {
    static let deadlinePassed = "The deadline passed without a result."

    /// Adds to the history what became of the present run.
    mutating func remember(at time: Timestamp, counted: Bool, reason: String, _ limits: Limits) {
        history.append(
            Attempt(
                number: run?.attempt ?? attempts, time: time, counted: counted,
                reason: limits.clipped(reason)))
        let surplus = history.count - max(0, limits.maxHistory)
        if surplus > 0 { history.removeFirst(surplus) }
    }

    /// A copy that names no origin is compared by its content alone.
    fileprivate func isExactly(_ copy: Snapshot) -> Bool {
        var own = snapshot
        if copy.first == .none { own.first = .none }
        return own == copy
    }
}
