public import Model

// Commands: what a client asks of the node that holds the session. Each is checked against the
// table and becomes one event, or is refused with the session left as it was.

/// What a client may be told about its own session.
public enum OpenDecision: Sendable {
    /// The session is new: it exists once this event is in the log and applied.
    case write(Event)
    /// The id was opened before: nothing to write.
    case existing(Session)
}

/// The moment of a command and what it is measured against.
public struct CommandContext: Sendable {
    /// The wall clock; leases are measured and set with it.
    public var now: Timestamp
    /// How far Kafka has the journal; `none` without Kafka, when no fence is kept.
    public var acknowledged: Acknowledgements
    /// Of records, sessions and leases; what goes beyond is refused.
    public var limits: Limits

    /// For a command at `now`.
    public init(now: Timestamp, acknowledged: Acknowledgements = .none, limits: Limits = Limits()) {
        self.now = now
        self.acknowledged = acknowledged
        self.limits = limits
    }
}

extension SessionTable {
    /// Opens a session, with a lease of `lease` ms from now. Like every command it changes nothing:
    /// what it returns is to be written, and is durable when the log says so.
    ///
    /// - Throws: `invalidRequest` for an id of zeros, a header without name or a lease out of
    ///   range; `kindMismatch` when the id is of another kind; `tooManySessions`; `tooLarge` for a
    ///   record, a header or a session beyond the limits.
    public func open(
        _ id: SessionID, kind: Kind, record: [UInt8]?, headers: [Header], lease: Milliseconds,
        partition: UInt32, context: CommandContext
    ) throws(RepriseError) -> OpenDecision {
        guard id != Event.noSession else {
            throw RepriseError(.invalidRequest, "An id of zeros names no session. Use a UUID.")
        }
        if let session = sessions[id] {
            guard session.kind == kind else {
                throw RepriseError(
                    .kindMismatch,
                    "Session \(id) exists with kind \(session.kind). Use another id.")
            }
            return .existing(session)
        }
        let limits = context.limits
        guard alive.total < limits.maxSessions else {
            throw RepriseError(
                .tooManySessions,
                "This node holds \(limits.maxSessions) sessions, its limit. Try again later.")
        }
        try limits.check(headers: headers)
        try limits.check(lease: lease)
        if let record { try limits.check(record: record) }
        try limits.check(
            sessionBytes: Session.bytes(records: record.map { [$0] } ?? [], headers: headers))
        let opening = Event.Opening(
            kind: kind, record: record, headers: headers, lease: context.now + lease,
            time: context.now)
        return .write(
            Event(session: id, sequence: 1, partition: partition, body: .opened(opening)))
    }

    /// Adds a record at the end, and renews the lease, or the run's deadline, to `lease` ms from
    /// now at least. `token` is the run's; `.none` speaks for the owner.
    ///
    /// - Throws: `notFound`; `leaseExpired` for an owner whose lease, or fence, is over; `fenced`
    ///   for a token that is not the running one's, and for an owner while a run has the session;
    ///   `tooLarge` beyond the limits of records and sessions.
    public func append(
        _ id: SessionID, record: [UInt8], token: Position, lease: Milliseconds,
        context: CommandContext
    ) throws(RepriseError) -> Event {
        let session = try held(id, token: token, context: context)
        try context.limits.check(record: record)
        try context.limits.check(sessionBytes: session.bytes + record.count)
        guard session.records.count < context.limits.maxRecords else {
            throw RepriseError(
                .tooLarge,
                "The session has \(session.records.count) records, its limit. Use replace.")
        }
        let write = Event.Write(
            record: record, until: renewal(session, by: lease, context), token: token)
        return next(session, .appended(write))
    }

    /// Makes `record` the only one, so that there is room again; else as `append`.
    public func replace(
        _ id: SessionID, record: [UInt8], token: Position, lease: Milliseconds,
        context: CommandContext
    ) throws(RepriseError) -> Event {
        let session = try held(id, token: token, context: context)
        try context.limits.check(record: record)
        let headerBytes = Session.bytes(records: [], headers: session.headers)
        try context.limits.check(sessionBytes: headerBytes + record.count)
        let write = Event.Write(
            record: record, until: renewal(session, by: lease, context), token: token)
        return next(session, .replaced(write))
    }

    /// Moves the lease, or the run's deadline, to `lease` ms from now; never to an earlier time
    /// than it has.
    ///
    /// - Throws: as `append`, and `invalidRequest` for a lease out of range.
    public func extend(
        _ id: SessionID, by lease: Milliseconds, token: Position, context: CommandContext
    ) throws(RepriseError) -> Event {
        let session = try held(id, token: token, context: context)
        try context.limits.check(lease: lease)
        return next(
            session, .extended(until: renewal(session, by: lease, context), token: token))
    }

    /// Ends the session: it is gone once the event is applied.
    ///
    /// - Throws: `notFound`, `leaseExpired` and `fenced` as `append`.
    public func complete(
        _ id: SessionID, token: Position, context: CommandContext
    ) throws(RepriseError) -> Event {
        next(try held(id, token: token, context: context), .completed(token: token))
    }

    /// `after` nil asks for the policy's first delay; an explicit delay gets no jitter.
    public func close(
        _ id: SessionID, after: Milliseconds?, policy: RetryPolicy, random: UInt64,
        context: CommandContext
    ) throws(RepriseError) -> Event {
        let session = try held(id, token: .none, context: context)
        if let after {
            guard after >= 0, context.now + after <= context.limits.maxDue else {
                throw RepriseError(
                    .invalidRequest, "retryAfter is 0 or more and ends before the year 10000.")
            }
        }
        let delay = after ?? policy.delay(afterAttempt: 1, random: random)
        return next(session, .closed(due: min(context.now + delay, context.limits.maxDue)))
    }

    /// The session, if the caller may write to it.
    private func held(
        _ id: SessionID, token: Position, context: CommandContext
    ) throws(RepriseError) -> Session {
        guard let session = sessions[id] else {
            throw RepriseError(
                .notFound, "Session \(id) is not here: it is finished, handed over or unknown.")
        }
        guard session.kind != .transactionFinish else {
            throw RepriseError(
                .fenced, "Session \(id) belongs to a transaction: nobody else writes to it.")
        }
        if token != .none {
            guard session.run?.token == token else {
                throw RepriseError(
                    .fenced, "The token is of an earlier run of session \(id). Stop the work.")
            }
            return session
        }
        switch session.phase {
        case .open(let lease):
            let fence = session.fence.expires(acknowledged: context.acknowledged)
            guard context.now < min(lease, fence) else {
                throw RepriseError(
                    .leaseExpired, "The lease of session \(id) ran out; recovery has it now.")
            }
            return session
        case .running:
            throw RepriseError(.fenced, "Session \(id) is in a recovery run. Stop the work.")
        case .waiting, .parked:
            throw RepriseError(
                .leaseExpired, "Session \(id) was closed or its lease ran out; recovery has it.")
        }
    }

    private func next(_ session: Session, _ body: Event.Body) -> Event {
        Event(
            session: session.id, sequence: session.sequence &+ 1, partition: session.partition,
            body: body)
    }

    /// A write never shortens the lease that the session has.
    private func renewal(
        _ session: Session, by lease: Milliseconds, _ context: CommandContext
    ) -> Timestamp {
        max(context.now + lease, session.due ?? .zero)
    }
}
