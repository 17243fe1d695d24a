internal import Journal
internal import Logging
internal import Model
internal import Synchronization
internal import Transactions

/// What all transactions of a manager share: the log, the resources, the list of who is at work.
final class SharedCoordination: Sendable {
    let log: CoordinationLog
    let resources: ResourceRegistry
    let options: TransactionOptions
    let participants = ParticipantList()
    let onePhaseEndings = OnePhaseEndings()
    let leftDecisions = LeftDecisions()
    private let live = Mutex(Live())
    private let background = Mutex(Background())
    private let ended = Mutex(TransactionCounts())

    private struct Live {
        var entries: [TransactionID: Entry] = [:]
        var isWatched = false
    }

    private struct Entry {
        var driver: CoordinatorDriver
        /// Where it is at work here, and may take too long.
        var transaction: Transaction?
    }

    private struct Background {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var next: UInt64 = 0
        var isClosed = false
    }

    init(log: CoordinationLog, resources: ResourceRegistry, options: TransactionOptions) {
        self.log = log
        self.resources = resources
        self.options = options
    }

    func xid(_ id: TransactionID, _ number: UInt32) -> Xid {
        Xid(journal: log.identity, transaction: id, number: number)
    }

    func monotonic() -> Milliseconds { log.monotonic() }

    // MARK: Who is at work

    /// From the first branch or record on, until nothing is left to do: recovery keeps its hands off.
    func begin(_ transaction: Transaction) {
        let startsWatching = live.withLock { live in
            live.entries[transaction.id] = Entry(
                driver: transaction.driver, transaction: transaction)
            defer { live.isWatched = true }
            return !live.isWatched
        }
        if startsWatching { watch() }
    }

    /// False where somebody has it already.
    func adopt(_ driver: CoordinatorDriver) -> Bool {
        live.withLock { live in
            guard live.entries[driver.id] == nil else { return false }
            live.entries[driver.id] = Entry(driver: driver)
            return true
        }
    }

    func finished(_ driver: CoordinatorDriver) {
        // After a failure of the log nobody may act on the transaction before the next start.
        if !driver.mustBeRecovered { release(driver) }
    }

    func release(_ driver: CoordinatorDriver) {
        live.withLock { _ = $0.entries.removeValue(forKey: driver.id) }
    }

    func driver(_ id: TransactionID) -> CoordinatorDriver? {
        live.withLock { $0.entries[id]?.driver }
    }

    var drivers: [CoordinatorDriver] { live.withLock { $0.entries.values.map(\.driver) } }

    // MARK: Counting

    func note(_ report: TransactionReport) {
        ended.withLock { $0.note(report) }
    }

    var counts: TransactionCounts { ended.withLock { $0 } }

    // MARK: The watchdog

    private static let watchInterval: Milliseconds = 100

    /// One task for all transactions, which ends when none of them can be late any more. It may come
    /// late by its interval; a transaction that makes calls finds out by itself.
    private func watch() {
        later(after: 0) {
            // It sleeps first: what is short is over before anybody looks.
            repeat {
                try? await Task.sleep(for: .milliseconds(Self.watchInterval))
            } while !Task.isCancelled && self.interruptOverdue()
        }
    }

    /// False when nothing is left to watch.
    private func interruptOverdue() -> Bool {
        let watched = live.withLock { live in
            // What decides, or has decided, is not hurried any more.
            var watched: [Transaction] = []
            for (id, entry) in live.entries {
                guard let transaction = entry.transaction else { continue }
                if transaction.status.canExpire {
                    watched.append(transaction)
                } else {
                    live.entries[id]?.transaction = nil
                }
            }
            live.isWatched = !watched.isEmpty
            return watched
        }
        let now = monotonic()
        // Again and again: the body may go on to the next call.
        for transaction in watched where now >= transaction.deadline { transaction.expire() }
        return !watched.isEmpty
    }

    // MARK: In the background

    func delay(_ attempts: UInt32) -> Milliseconds {
        options.retry.delay(afterAttempt: attempts, random: .random(in: .min ... .max))
    }

    /// Runs `body` after `delay`, unless the manager is closed before.
    func later(after delay: Milliseconds, _ body: @escaping @Sendable () async -> Void) {
        background.withLock { background in
            guard !background.isClosed else { return }
            let number = background.next
            background.next += 1
            // Detached: it belongs to no caller's transaction.
            background.tasks[number] = Task.detached {
                do {
                    if delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
                    try Task.checkCancellation()
                    await body()
                } catch {}
                self.background.withLock { _ = $0.tasks.removeValue(forKey: number) }
            }
        }
    }

    /// Ends what runs in the background and waits for it. What is unfinished stays in the log.
    func close() async {
        participants.close()
        let tasks = background.withLock { background in
            background.isClosed = true
            return Array(background.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    // MARK: Telling

    func describe(_ error: any Error, in resource: String) -> String {
        "resource \(resource): \((error as? RepriseError)?.message ?? "\(error)")"
    }

    func metadata(_ id: TransactionID) -> Logger.Metadata {
        ["reprise.transaction.id": "\(id)"]
    }

    /// A resource's own error has a code of ours, too.
    func code(of error: any Error) -> ErrorCode {
        (error as? RepriseError)?.code ?? .resourceFailed
    }
}

extension TransactionStatus {
    fileprivate var canExpire: Bool { self == .active || self == .preparing }
}
