import Coordination
import Journal
import Model
import Platform
import Transactions
import WAL

/// A manager over a journal on the disk that is measured.
struct TransactionRig {
    static let kind = WholeSessions.kind

    let files = CountingFiles()
    let journal: Journal
    let manager: TransactionManager
    let recovery: TransactionRecovery
    private let retirement: Retirement

    /// - Parameter segment: large enough that none is finished in a round: making one forces writes.
    init(
        _ directory: String, _ resources: [any TransactionResource], segment: Int = 256 << 20
    ) throws {
        var options = Journal.Options(
            node: "bench", directory: directory, policies: [Self.kind: KindPolicy()])
        options.log.segmentBytes = segment
        journal = try Journal.open(options, files: files, logger: .quiet) { _ in }
        let registry = ResourceRegistry()
        for resource in resources { try registry.register(resource) }
        manager = TransactionManager(
            log: CoordinationLog(journal: journal, logger: .quiet), resources: registry,
            options: TransactionOptions())
        recovery = TransactionRecovery(manager)
        retirement = try Retirement(journal.log)
    }

    /// Returns when the log has made the segments that it wants to have in hand.
    func settle() async throws {
        var seen = -1
        while files.forcedWrites != seen {
            seen = files.forcedWrites
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    func close() async {
        await recovery.stop()
        retirement.stop()
        journal.close()
    }
}

/// Calls `body` in `tasks` tasks again and again; gives calls a second, and how many.
func calls(
    tasks: Int, seconds: Double, _ body: @escaping @Sendable (Int) async throws -> Void
) async throws -> (rate: Double, count: Int) {
    let begin = monotonicSeconds()
    let end = begin + seconds
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
        for task in 0..<tasks {
            group.addTask {
                var count = 0
                while monotonicSeconds() < end {
                    try await body(task)
                    count += 1
                }
                return count
            }
        }
        return try await group.reduce(0, +)
    }
    return (Double(count) / (monotonicSeconds() - begin), count)
}
