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
    private let live = Mutex<[TransactionID: CoordinatorDriver]>([:])
    private let background = Mutex(Background())

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
    func begin(_ driver: CoordinatorDriver) {
        live.withLock { $0[driver.id] = driver }
    }

    /// False where somebody has it already.
    func adopt(_ driver: CoordinatorDriver) -> Bool {
        live.withLock { live in
            guard live[driver.id] == nil else { return false }
            live[driver.id] = driver
            return true
        }
    }

    func finished(_ driver: CoordinatorDriver) {
        // After a failure of the log nobody may act on the transaction before the next start.
        if !driver.mustBeRecovered { release(driver) }
    }

    func release(_ driver: CoordinatorDriver) {
        _ = live.withLock { $0.removeValue(forKey: driver.id) }
    }

    func driver(_ id: TransactionID) -> CoordinatorDriver? { live.withLock { $0[id] } }

    var drivers: [CoordinatorDriver] { live.withLock { Array($0.values) } }

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
            background.tasks[number] = Task {
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

    func metadata(_ id: TransactionID, _ error: any Error) -> Logger.Metadata {
        ["reprise.transaction.id": "\(id)", "reprise.error": "\(error)"]
    }
}
