internal import Platform
internal import Journal
internal import Logging
internal import Model
internal import Synchronization
internal import Transactions
internal import WAL

// What a coordinator has written down.

extension CoordinatorDriver {
    /// - Parameter isAwaited: something in this process follows the outcome.
    func load(_ cargo: Outline, isReadOnly: Bool, isAwaited: Bool) {
        // With Kafka the outcome is announced, where there was something to commit or roll back.
        let announces = shared.log.mirrored != nil && !isReadOnly
        state.withLock { state in
            state.cargo = cargo
            // A part must not say "read-only", and end, where something waits for what the others
            // decide; and where it does say so, it does not know an outcome that it could announce.
            let isPart = state.superior != nil
            state.coordinator.load(
                hasCargo: cargo.hasCargo || (isPart && isAwaited),
                recordsRollback: announces && !state.coordinator.branches.isEmpty,
                recordsCommit: announces && !isPart && shared.options.publishesAll)
        }
    }

    /// Written now, so that what is to follow a rollback follows the death of this process as well.
    func writeIntent(_ cargo: () -> Outline) async throws(RepriseError) {
        let journal = shared.log.journal
        while true {
            let result = state.withLock { state -> Result<LSN, RepriseError> in
                // Under the lock, because the last intent in the log is the one that counts, and
                // behind the end it would be one that nobody closes.
                let status = state.coordinator.status
                guard status == .active else {
                    return .failure(Coordinator.notActive(id, status))
                }
                state.cargo = cargo()
                state.coordinator.noteIntent()
                do throws(RepriseError) {
                    let record = record(.intended, of: state)
                    return .success(try journal.write(record, use: .normal, isLazy: false))
                } catch {
                    return .failure(error)
                }
            }
            do throws(RepriseError) {
                return try await force(try result.get())
            } catch {
                guard error.code == .journalBusy else { throw error }
            }
            await journal.log.waitForRoom()
        }
    }

    func write(
        _ step: TransactionRecord.Step, forced: Bool
    ) async -> CoordinatorInput {
        let (record, given) = state.withLock { state in
            if step == .committed { state.cargo.finish = finish(of: state) }
            return (self.record(step, of: state), state.finishToTakeBack(step))
        }
        if let given { await takeBack(given) }
        do throws(RepriseError) {
            let lsn = try await append(record, forced: forced)
            state.withLock { $0.written = lsn }
            return .written(step)
        } catch {
            shared.log.logger.report(
                .error, error, "a transaction's record could not be written",
                metadata: shared.metadata(id))
            return error.code == .outcomeUnknown
                ? .writeLost(step, reason: error.message)
                : .writeRefused(step, reason: error.message)
        }
    }

    func record(_ step: TransactionRecord.Step, of state: State) -> TransactionRecord {
        var outline = Outline()
        outline.branches = state.references(for: step)
        if step == .intended { outline.asked = state.coordinator.asked }
        if step != .ended {
            outline.actions = state.cargo.actions
            outline.messages = state.cargo.messages
            outline.headers = state.cargo.headers
        }
        if step == .committed { outline.finish = state.cargo.finish }
        if step == .intended || step == .committed || step == .rolledBack,
            shared.log.mirrored != nil
        {
            outline.participants = state.coordinator.branches.map(\.resource)
                .filter { $0 != Superior.resource }
        }
        return TransactionRecord(
            step, id, time: shared.log.journal.now(), outline: outline,
            reason: state.coordinator.reason)
    }

    private func append(
        _ record: TransactionRecord, forced: Bool
    ) async throws(RepriseError) -> LSN {
        let journal = shared.log.journal
        // An intent can still be given up; what follows from it must find room.
        let use: SpaceClass = record.step == .intended ? .normal : .reserve
        guard forced else { return try await journal.writeLazily(record, use: use) }
        let lsn = try await journal.writeDurably(record, use: use)
        // Where the disk is lost after this, Kafka is all there is of its messages.
        try await acknowledge(lsn, outbox: !record.messages.isEmpty)
        return lsn
    }

    /// Returns when the record counts. After an error nobody knows whether it does.
    func force(_ lsn: LSN) async throws(RepriseError) {
        do throws(RepriseError) {
            try await shared.log.journal.log.waitDurable(lsn)
        } catch {
            throw unknown(error)
        }
        try await acknowledge(lsn, outbox: false)
    }

    private func acknowledge(_ lsn: LSN, outbox: Bool) async throws(RepriseError) {
        guard shared.options.acknowledgement == .mirrored, let mirrored = shared.log.mirrored else {
            return
        }
        do throws(RepriseError) {
            try await mirrored(lsn, outbox)
        } catch {
            // It stands in the log here: whatever the mirror says, it was not refused.
            throw unknown(error)
        }
    }

    private func unknown(_ error: RepriseError) -> RepriseError {
        RepriseError(
            .outcomeUnknown, "A record of transaction \(id) was written, and may not count.",
            cause: error.message)
    }

    /// Only when the log can do without it.
    func forgetOutcome(_ number: UInt32) {
        guard let (resource, xid) = target(number) else { return }
        let written = state.withLock { $0.written }
        let log = shared.log.journal.log
        shared.later(after: 0) {
            log.flush()
            guard (try? await log.waitDurable(written)) != nil else { return }
            await resource.forgetOutcome(of: xid)
        }
    }
}

extension CoordinatorDriver.State {
    /// The branches that a record of this step names, with what only the driver knows of them.
    func references(for step: TransactionRecord.Step) -> [BranchReference] {
        coordinator.references(for: step).map { reference in
            var reference = reference
            if reference.number == superior?.number { reference.superior = superior?.superior }
            reference.part = remoteParts[reference.number]
            return reference
        }
    }
}
