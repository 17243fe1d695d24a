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
    let shared: SharedCoordination
    private let loop = Mutex<Task<Void, Never>?>(nil)
    let suspects = Mutex<[Suspect: Milliseconds]>([:])
    /// Looks that are under way: the next one leaves them alone, so that a resource that does not
    /// answer keeps nobody else waiting.
    private let underWay = Mutex<Set<Look>>([])

    /// A branch that nobody may have decided on.
    struct Suspect: Hashable {
        var resource: String
        var xid: Xid
    }

    private enum Look: Hashable {
        case log
        case resource(String)
        /// Records of outcomes that nobody will ask for.
        case outcomes(String)
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
        let task = loop.withLock { loop in
            // Also a start that comes later than this.
            loop = loop ?? Task {}
            return loop
        }
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
            + shared.resources.all.filter(\.abilities.recordsOutcome).map { .outcomes($0.name) }
    }

    private func take(_ look: Look) async {
        guard underWay.withLock({ $0.insert(look).inserted }) else { return }
        switch look {
        case .log: await finishLogged()
        case .resource(let name):
            if let resource = shared.resources[name] { await rollBackUndecided(in: resource) }
        case .outcomes(let name):
            if let resource = shared.resources[name] { await forgetOutcomes(in: resource) }
        }
        underWay.withLock { _ = $0.remove(look) }
    }

    // MARK: The log

    private static let atOnce = 64

    private func finishLogged() async {
        let waiting = shared.log.journal.unfinishedTransactions.filter { $0.phase != .heuristic }
        var decided: [CoordinatorDriver] = []
        var intended: [CoordinatorDriver] = []
        for live in waiting {
            let driver = CoordinatorDriver(recovering: live, shared: shared)
            guard shared.adopt(driver) else { continue }
            // It may have ended since the list was made, by whoever had it then.
            if shared.log.journal.withCore({ $0.transactions[live.id] }) == live {
                if live.phase == .committing {
                    decided.append(driver)
                } else {
                    intended.append(driver)
                }
            } else {
                shared.release(driver)
            }
        }
        guard !decided.isEmpty || !intended.isEmpty else { return }
        shared.log.logger.notice(
            "transactions of an earlier run are being finished",
            metadata: ["reprise.transactions": "\(decided.count + intended.count)"])
        async let asked: Void = resume(intended)
        if await shared.decisionsCount() {
            await resume(decided)
        } else {
            for driver in decided { shared.release(driver) }
        }
        await asked
    }

    private func resume(_ drivers: [CoordinatorDriver]) async {
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
}
