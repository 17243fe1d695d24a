internal import Journal
internal import Logging
internal import Model
internal import Synchronization
internal import Transactions

/// Finishes what other processes, or this one, left behind: at once when it starts, then again and
/// again. First what the log knows; then what resources hold prepared and the log does not know,
/// which was never decided (presumed abort). What is at work in this process it leaves alone.
package final class TransactionRecovery: Sendable {
    private let shared: SharedCoordination
    private let loop = Mutex<Task<Void, Never>?>(nil)
    private let suspects = Mutex<[Suspect: Milliseconds]>([:])

    private struct Suspect: Hashable {
        var resource: String
        var xid: Xid
    }

    package init(_ manager: TransactionManager) {
        shared = manager.shared
    }

    /// Takes up what the log has, and goes on looking until `stop`.
    package func start() {
        loop.withLock { loop in
            guard loop == nil else { return }
            loop = Task {
                while !Task.isCancelled {
                    await round()
                    let interval = shared.options.recoveryInterval
                    try? await Task.sleep(for: .milliseconds(interval))
                }
            }
        }
    }

    package func stop() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
        await shared.close()
    }

    /// One look at everything. An error of one transaction or resource does not keep the others.
    package func round() async {
        await finishLogged()
        await withTaskGroup(of: Void.self) { group in
            for resource in shared.resources.all where resource.abilities.prepares {
                group.addTask { await self.rollBackUndecided(in: resource) }
            }
        }
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
        let known = Set(shared.log.journal.unfinishedTransactions.map(\.id))
        let undecided = prepared.filter { xid in
            guard let own = xid.own, own.journal == shared.log.identity else { return false }
            return shared.driver(own.transaction) == nil && !known.contains(own.transaction)
        }
        for xid in ripe(undecided, in: resource.name) {
            do {
                try await resource.rollbackPrepared(xid)
                shared.log.logger.notice(
                    "a branch that was never decided is rolled back",
                    metadata: ["reprise.resource": "\(resource.name)", "reprise.xid": "\(xid)"])
            } catch {
                shared.log.logger.warning(
                    "an undecided branch could not be rolled back; it will be tried again",
                    metadata: [
                        "reprise.resource": "\(resource.name)", "reprise.error": "\(error)",
                    ])
            }
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
