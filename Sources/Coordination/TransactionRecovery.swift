internal import Journal
internal import Logging
internal import Model
internal import Synchronization
internal import Transactions
internal import WAL

/// Finishes what other processes, or this one, left behind: at once when it starts, then again and
/// again. First what the log knows; then what resources hold prepared and the log does not know,
/// which was never decided (presumed abort). What is at work in this process it leaves alone.
package final class TransactionRecovery: Sendable {
    private let shared: SharedCoordination
    private let loop = Mutex<Task<Void, Never>?>(nil)
    private let suspects = Mutex<[Suspect: Milliseconds]>([:])
    /// Looks that are under way: the next one leaves them alone, so that a resource that does not
    /// answer keeps nobody else waiting.
    private let underWay = Mutex<Set<Look>>([])

    private struct Suspect: Hashable {
        var resource: String
        var xid: Xid
    }

    private enum Look: Hashable {
        case log
        case resource(String)
    }

    package init(_ manager: TransactionManager) {
        shared = manager.shared
    }

    /// Takes up what the log has, and goes on looking until `stop`: often at first, because what
    /// cannot be reached when the process starts may come soon, then at the interval of the options.
    package func start() {
        loop.withLock { loop in
            guard loop == nil else { return }
            loop = Task {
                var pause = min(Self.firstPause, shared.options.recoveryInterval)
                while !Task.isCancelled {
                    for look in looks { shared.later(after: 0) { await self.take(look) } }
                    try? await Task.sleep(for: .milliseconds(pause))
                    pause = min(pause * 2, shared.options.recoveryInterval)
                }
            }
        }
    }

    private static let firstPause: Milliseconds = 100

    package func stop() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
        await shared.close()
    }

    /// One look at everything. An error of one transaction or resource does not keep the others.
    package func round() async {
        await take(.log)
        await withTaskGroup(of: Void.self) { group in
            for look in looks where look != .log { group.addTask { await self.take(look) } }
        }
    }

    private var looks: [Look] {
        [.log]
            + shared.resources.all.filter(\.abilities.prepares).map { .resource($0.name) }
    }

    private func take(_ look: Look) async {
        guard underWay.withLock({ $0.insert(look).inserted }) else { return }
        switch look {
        case .log: await finishLogged()
        case .resource(let name):
            if let resource = shared.resources[name] { await rollBackUndecided(in: resource) }
        }
        underWay.withLock { _ = $0.remove(look) }
    }

    // MARK: The log

    private static let atOnce = 64

    private func finishLogged() async {
        let waiting = shared.log.journal.unfinishedTransactions.filter { $0.phase != .heuristic }
        var drivers: [CoordinatorDriver] = []
        for live in waiting {
            let driver = CoordinatorDriver(recovering: live, shared: shared)
            guard shared.adopt(driver) else { continue }
            // It may have ended since the list was made, by whoever had it then.
            if shared.log.journal.withCore({ $0.transactions[live.id] }) == live {
                drivers.append(driver)
            } else {
                shared.release(driver)
            }
        }
        guard !drivers.isEmpty else { return }
        shared.log.logger.notice(
            "transactions of an earlier run are being finished",
            metadata: ["reprise.transactions": "\(drivers.count)"])
        var next = drivers.makeIterator()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.atOnce {
                guard let driver = next.next() else { break }
                group.addTask { await driver.resume() }
            }
            while await group.next() != nil {
                guard let driver = next.next() else { continue }
                group.addTask { await driver.resume() }
            }
        }
    }

    // MARK: The resources

    private func rollBackUndecided(in resource: any TransactionResource) async {
        let prepared: [Xid]
        do {
            prepared = try await resource.preparedBranches()
        } catch {
            shared.log.logger.warning(
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
            shared.log.logger.warning(
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
            shared.log.logger.error(
                "a heuristic outcome could not be written",
                metadata: shared.metadata(own.transaction, error))
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
