package import Model
internal import Platform
package import Transactions
package import WAL

// Transactions in the journal: a record is one frame, and the sessions that begin with it are open
// as soon as it is written.

extension Journal {
    /// Appends the record and folds it. Returns before it is durable; see `waitDurable`. `isLazy` is
    /// for records that nobody waits for and that recovery can do without.
    ///
    /// Throws `diskFull`, `journalBusy`, `tooLarge`, `journalPoisoned`, `shuttingDown`: then nothing
    /// was written.
    package func write(
        _ record: TransactionRecord, use: SpaceClass, isLazy: Bool
    ) throws(RepriseError) -> LSN {
        let result = withCore { core -> Result<LSN, RepriseError> in
            do throws(RepriseError) {
                return .success(try append(record, to: &core, use: use, isLazy: isLazy))
            } catch {
                return .failure(error)
            }
        }
        let lsn = try result.get()
        if !record.outline.actions.isEmpty { changed.notify() }
        return lsn
    }

    /// As `write`, and returns when the record is durable. Where the disk is far behind it waits for
    /// room first. Throws `outcomeUnknown` when nobody knows whether it is.
    package func writeDurably(
        _ record: TransactionRecord, use: SpaceClass
    ) async throws(RepriseError) -> LSN {
        let lsn = try await writeWhenRoom(record, use: use, isLazy: false)
        do throws(RepriseError) {
            try await log.waitDurable(lsn)
        } catch {
            throw RepriseError(
                .outcomeUnknown,
                "The log failed while transaction \(record.transaction) was being written.",
                cause: error.message)
        }
        return lsn
    }

    package func writeLazily(
        _ record: TransactionRecord, use: SpaceClass
    ) async throws(RepriseError) -> LSN {
        try await writeWhenRoom(record, use: use, isLazy: true)
    }

    private func writeWhenRoom(
        _ record: TransactionRecord, use: SpaceClass, isLazy: Bool
    ) async throws(RepriseError) -> LSN {
        while true {
            do throws(RepriseError) {
                return try write(record, use: use, isLazy: isLazy)
            } catch {
                guard error.code == .journalBusy else { throw error }
            }
            await log.waitForRoom()
        }
    }

    /// The transaction is being finished here: the session that tells others to is done. Nobody waits
    /// for that, so it is lazy; but it comes before the end of the transaction, in which it is
    /// forgotten. Where the lease is over, others may have the session: then what they find out by
    /// themselves, or an order to drop it, ends it.
    package func takeBack(_ finish: DurableAction) async throws(RepriseError) {
        while true {
            let now = self.now()
            let result = withCore { core -> Result<Void, RepriseError> in
                do throws(RepriseError) {
                    let event = core.end(of: finish, now: now)
                    _ = try appendBatch([event], to: &core, use: .reserve, isLazy: true)
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            do throws(RepriseError) {
                return try result.get()
            } catch {
                guard error.code == .journalBusy else { throw error }
            }
            await log.waitForRoom()
        }
    }

    /// For callers that hold the lock.
    func append(
        _ record: TransactionRecord, to core: inout JournalCore, use: SpaceClass, isLazy: Bool
    ) throws(RepriseError) -> LSN {
        let lsn = try log.append(
            kind: FrameKind.transaction.rawValue, size: record.encodedSize, use: use,
            isLazy: isLazy
        ) { record.encode(into: $0) }
        core.record(record, sequence: lsn.rawValue)
        return lsn
    }

    /// Transactions that the log has and that are not finished.
    package var unfinishedTransactions: [LiveTransaction] {
        withCore { Array($0.transactions.live.values) }
    }
}
