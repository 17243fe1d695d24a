internal import Platform
internal import Journal
internal import Logging
internal import Model
internal import Synchronization
internal import Transactions
internal import WAL

// What resources hold prepared, and the log does not know.

extension TransactionRecovery {
    func rollBackUndecided(in resource: any TransactionResource) async {
        let prepared: [Xid]
        do {
            prepared = try await resource.preparedBranches()
        } catch {
            shared.log.logger.report(
                .warning, shared.code(of: error),
                "a resource could not be asked for its prepared branches",
                metadata: ["reprise.resource": "\(resource.name)", "reprise.error": "\(error)"])
            return
        }
        // Asked after the listing: what was decided meanwhile is known by now.
        let known = Known(shared.log.journal.unfinishedTransactions)
        let undecided = prepared.filter { xid in
            guard let own = xid.own, own.journal == shared.log.identity else { return false }
            return shared.driver(own.transaction) == nil
                && !known.contains(own.transaction, own.number)
        }
        for xid in ripe(undecided, in: resource.name) { await rollBack(xid, in: resource) }
    }

    private func rollBack(_ xid: Xid, in resource: any TransactionResource) async {
        var metadata: Logger.Metadata = [
            "reprise.resource": "\(resource.name)", "reprise.xid": "\(xid)",
        ]
        do {
            try await resource.rollbackPrepared(xid)
            shared.log.logger.notice(
                "a branch that was never decided is rolled back", metadata: metadata)
        } catch ResourceError.heuristic(.committed, let reason) {
            await noteCommitted(xid, in: resource, reason)
        } catch {
            metadata["reprise.error"] = "\(error)"
            shared.log.logger.report(
                .warning, shared.code(of: error),
                "an undecided branch could not be rolled back; it will be tried again",
                metadata: metadata)
        }
    }

    /// Somebody else committed what nobody had decided: kept until an operator has seen it.
    private func noteCommitted(
        _ xid: Xid, in resource: any TransactionResource, _ reason: String
    ) async {
        guard let own = xid.own else { return }
        var outline = Outline()
        outline.branches = [
            BranchReference(number: own.number, resource: resource.name, heuristic: .committed)
        ]
        let record = TransactionRecord(
            .rolledBack, own.transaction, time: shared.log.journal.now(), outline: outline,
            reason: "resource \(resource.name): \(reason)")
        do throws(RepriseError) {
            _ = try await shared.log.journal.writeLazily(record, use: .reserve)
        } catch {
            shared.log.logger.report(
                .error, error, "a heuristic outcome could not be written",
                metadata: shared.metadata(own.transaction))
        }
    }

    /// Those that were there before as well, or on the first look, when nothing of this process can
    /// be on its way.
    private func ripe(_ undecided: [Xid], in resource: String) -> [Xid] {
        let now = shared.monotonic()
        let grace = shared.options.graceOfUndecided
        return suspects.withLock { suspects in
            var seen: [Suspect: Milliseconds] = [:]
            var ripe: [Xid] = []
            for xid in undecided {
                let suspect = Suspect(resource: resource, xid: xid)
                let since = suspects[suspect] ?? now
                seen[suspect] = since
                if now - since >= grace { ripe.append(xid) }
            }
            suspects = suspects.filter { $0.key.resource != resource }.merging(seen) { $1 }
            return ripe
        }
    }
}

/// What the log says something about.
private struct Known {
    private var transactions: Set<TransactionID> = []
    private var seenTo: Set<Branch> = []

    private struct Branch: Hashable {
        var transaction: TransactionID
        var number: UInt32
    }

    init(_ logged: [LiveTransaction]) {
        for live in logged {
            guard live.phase == .heuristic else {
                transactions.insert(live.id)
                continue
            }
            // Its other branches have done as decided, or were never decided on.
            for branch in live.outline.branches where branch.heuristic != nil {
                seenTo.insert(Branch(transaction: live.id, number: branch.number))
            }
        }
    }

    func contains(_ id: TransactionID, _ number: UInt32) -> Bool {
        transactions.contains(id) || seenTo.contains(Branch(transaction: id, number: number))
    }
}
