package import Model
internal import Platform
package import Sessions
package import WAL

// The operations of a session's writer. Each returns when its event is durable in the journal, and
// gives its log sequence number; nil where nothing had to be written.

extension Journal {
    /// Opens a session, or finds the one that was opened with the same id; then there is no number.
    package func open(
        _ id: SessionID, kind: Kind, record: [UInt8]?, headers: [Header], lease: Milliseconds?,
        partition: UInt32
    ) async throws(RepriseError) -> (lsn: LSN?, session: Session?) {
        guard let policy = policies[kind] else {
            throw RepriseError(
                .unknownKind,
                "The kind \(kind) is not configured on this node. Add it under 'kinds'.")
        }
        var existing: Session?
        let lsn = try await written(use: .normal) { (core, context) throws(RepriseError) in
            let decision = try core.table.open(
                id, kind: kind, record: record, headers: headers, lease: lease ?? policy.lease,
                partition: partition, context: context)
            switch decision {
            case .write(let event): return event
            case .existing(let session):
                existing = session
                return nil
            }
        }
        guard let lsn else {
            // What made the session exist may still be on its way to the disk.
            try await log.waitDurable(log.appended)
            return (nil, existing)
        }
        // Now, because a short lease may be over by the time that the disk has it.
        let opened = session(id)
        try await log.waitDurable(lsn)
        return (lsn, opened)
    }

    package func append(
        _ id: SessionID, record: [UInt8], token: Position
    ) async throws(RepriseError) -> LSN {
        try await durable(use: .normal) { (core, context) throws(RepriseError) in
            try core.table.append(
                id, record: record, token: token, lease: self.lease(id, token, core),
                context: context)
        }
    }

    package func replace(
        _ id: SessionID, record: [UInt8], token: Position
    ) async throws(RepriseError) -> LSN {
        try await durable(use: .normal) { (core, context) throws(RepriseError) in
            try core.table.replace(
                id, record: record, token: token, lease: self.lease(id, token, core),
                context: context)
        }
    }

    package func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position
    ) async throws(RepriseError) -> LSN {
        try await durable(use: .reserve) { (core, context) throws(RepriseError) in
            try core.table.extend(
                id, by: duration ?? self.lease(id, token, core), token: token, context: context)
        }
    }

    /// `relaxed` returns at once and costs no forced write of its own; after a crash the session
    /// may be recovered once more, and the handler finds the work done.
    package func complete(
        _ id: SessionID, token: Position, relaxed: Bool = false
    ) async throws(RepriseError) -> LSN {
        let complete = { (core: inout JournalCore, context) throws(RepriseError) -> Event? in
            try core.table.complete(id, token: token, context: context)
        }
        guard relaxed else { return try await durable(use: .reserve, complete) }
        return try await written(use: .reserve, complete) ?? .zero
    }

    package func close(
        _ id: SessionID, after delay: Milliseconds?
    ) async throws(RepriseError) -> LSN {
        let random = self.random
        let lsn = try await durable(use: .reserve) { (core, context) throws(RepriseError) in
            let policy = core.table[id].map { self.policy(of: $0.kind).retry } ?? RetryPolicy()
            return try core.table.close(
                id, after: delay, policy: policy, random: random, context: context)
        }
        changed.notify()
        return lsn
    }

    // MARK: Operators

    package func requeue(_ id: SessionID, after delay: Milliseconds) async throws(RepriseError) {
        let now = self.now()
        try await operate(
            id,
            .requeued(
                Event.Requeue(due: min(now + max(0, delay), options.limits.maxDue), time: now)))
    }

    /// Makes a parked session due again, with the records in the order's copy of it. Throws `notFound`
    /// where it is not parked, or not as the copy says: somebody else has seen to it.
    package func requeueParked(
        _ id: SessionID, _ requeue: Event.Requeue
    ) async throws(RepriseError) {
        _ = try await durable(use: .reserve) { (core, _) throws(RepriseError) in
            guard let session = core.table[id], case .parked = session.phase,
                requeue.snapshot.map({ $0.order == session.order }) ?? true
            else {
                throw RepriseError(
                    .notFound, "Session \(id) is no dead letter (any more): look at it again.")
            }
            return Event(session: id, partition: session.partition, body: .requeued(requeue))
        }
        changed.notify()
    }

    package func cancel(_ id: SessionID) async throws(RepriseError) {
        try await operate(id, .cancelled(at: now()))
    }

    package func park(_ id: SessionID, detail: String) async throws(RepriseError) {
        let parking = Parking(
            reason: .handlerRefused, detail: options.limits.clipped(detail), time: now())
        try await operate(id, .parked(parking, token: .none))
    }

    private func operate(_ id: SessionID, _ body: Event.Body) async throws(RepriseError) {
        _ = try await durable(use: .reserve) { (core, context) throws(RepriseError) in
            guard let session = core.table[id] else {
                throw RepriseError(.notFound, "Session \(id) is not here.")
            }
            if case .open(let lease) = session.phase, context.now < lease {
                throw RepriseError(
                    .invalidRequest,
                    "Session \(id) is open: its writer has it until its lease runs out.")
            }
            return Event(session: id, partition: session.partition, body: body)
        }
        changed.notify()
    }

    // MARK: Reading

    /// The session as the journal has it, with what is still on its way to the disk.
    package func session(_ id: SessionID) -> Session? {
        withCore { $0.table[id] }
    }

    // MARK: Helpers

    private func durable(
        use: SpaceClass,
        _ decide: (inout JournalCore, CommandContext) throws(RepriseError) -> Event?
    ) async throws(RepriseError) -> LSN {
        let lsn = try await written(use: use, decide) ?? .zero
        try await log.waitDurable(lsn)
        return lsn
    }

    /// Writes, and where the disk is far behind waits for room first.
    private func written(
        use: SpaceClass,
        _ decide: (inout JournalCore, CommandContext) throws(RepriseError) -> Event?
    ) async throws(RepriseError) -> LSN? {
        while true {
            do throws(RepriseError) {
                return try write(use: use, decide)
            } catch {
                guard error.code == .journalBusy else { throw error }
            }
            await log.waitForRoom()
        }
    }

    /// What a write renews: the kind's lease, or for a run its handler's timeout.
    private func lease(_ id: SessionID, _ token: Position, _ core: JournalCore) -> Milliseconds {
        let policy = core.table[id].map { self.policy(of: $0.kind) } ?? options.fallback
        return token == .none ? policy.lease : policy.handlerTimeout
    }
}
