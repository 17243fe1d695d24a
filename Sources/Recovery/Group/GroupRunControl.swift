internal import Model
internal import Platform
internal import Sessions
internal import Synchronization

/// A run's writes to its session, where a partition is the session's log: produced, read back, and
/// done when the fold has accepted them.
struct GroupRunControl: RunControl {
    let worker: GroupWorker

    func append(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError) {
        try await worker.write(id, token) { (session, context, timeout) throws(RepriseError) in
            try session.append(
                id, record: record, token: token, lease: timeout, context: context)
        }
    }

    func replace(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError) {
        try await worker.write(id, token) { (session, context, timeout) throws(RepriseError) in
            try session.replace(
                id, record: record, token: token, lease: timeout, context: context)
        }
    }

    func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position
    ) async throws(RepriseError) {
        try await worker.write(id, token) { (session, context, timeout) throws(RepriseError) in
            try session.extend(id, by: duration ?? timeout, token: token, context: context)
        }
    }
}

extension GroupWorker {
    /// Decides on a write, produces it, and waits until it is read back.
    func write(
        _ id: SessionID, _ token: Position,
        _ decide: (SessionTable, CommandContext, Milliseconds) throws(RepriseError) -> Event
    ) async throws(RepriseError) {
        let now = self.now()
        let queued = state.withLock { state -> Result<Event, RepriseError> in
            do throws(RepriseError) {
                return .success(try queue(id, now: now, decide, in: &state))
            } catch {
                return .failure(error)
            }
        }
        let event = try queued.get()
        let applied = await withCheckedContinuation {
            (continuation: CheckedContinuation<Applied?, Never>) in
            let number = Int32(clamping: event.partition)
            let key = PendingWrite.Key(
                partition: number, session: id, sequence: event.sequence)
            let goes = state.withLock { state in
                // It may have been given up since, and nobody would answer.
                guard state.partitions[number] != nil else { return false }
                state.writes[key] = continuation
                state.outbox.append(
                    OutgoingMessage(
                        content: .events(
                            partition: number, [event],
                            writer: state.partitions[number]?.writer ?? .nobody)))
                return true
            }
            if goes { signal.notify() } else { continuation.resume(returning: nil) }
        }
        switch applied {
        case .accepted: renewed(event, token)
        case .ignored:
            throw RepriseError(
                .fenced, "Session \(id) was handed out again. Stop the work of this run.")
        case nil:
            throw RepriseError(
                .outcomeUnknown,
                "The claim on the partition of session \(id) was given up or made anew before the "
                    + "write was seen.")
        }
    }

    private func queue(
        _ id: SessionID, now: Timestamp,
        _ decide: (SessionTable, CommandContext, Milliseconds) throws(RepriseError) -> Event,
        in state: inout GroupState
    ) throws(RepriseError) -> Event {
        for owned in state.partitions.values {
            // A run may be older than the claim on its partition, which has come back: before everything is
            // folded that was there, the session is not as the run has left it.
            guard case .folding(let machine) = owned.fold, machine.hasCaughtUp,
                let session = machine.table[id]
            else { continue }
            let policy = policy(of: session.kind)
            var event = try decide(
                machine.table, CommandContext(now: now, limits: options.limits),
                policy.handlerTimeout)
            // A write may follow another that was not read back yet.
            event.sequence = max(event.sequence, (state.writeSequences[id] ?? 0) + 1)
            state.writeSequences[id] = event.sequence
            return event
        }
        throw RepriseError(
            .notFound,
            "Session \(id) is not on this worker: it is finished, or its partition has moved. The "
                + "run's outcome still counts until its deadline.")
    }

    private func renewed(_ event: Event, _ token: Position) {
        switch event.body {
        case .appended(let write), .replaced(let write):
            runs.extend(event.session, token: token, deadline: write.until)
        case .extended(let until, _):
            runs.extend(event.session, token: token, deadline: until)
        default: break
        }
    }
}
