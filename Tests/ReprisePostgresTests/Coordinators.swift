import Coordination
import Journal
import Logging
import Model
import Platform
import PostgresSupport
import ReprisePostgres
import TestSupport
import Transactions
import WAL

/// A coordinator of transactions over the two databases of a server, in this process or another.
struct Coordinators: Sendable {
    let databases: [PostgresResource]
    let resources: [WatchedResource]
    let journal: Journal
    let manager: TransactionManager
    let recovery: TransactionRecovery

    /// - Parameter connections: of the two databases.
    init(
        _ connections: [String], journal directory: String,
        files: any FileSystem = RealFileSystem(),
        before: @escaping WatchedResource.Watch = { _, _ in },
        after: @escaping WatchedResource.Watch = { _, _ in }
    ) throws {
        var limits = PostgresLimits()
        limits.connect = .seconds(60)
        limits.statement = .seconds(120)
        limits.connectionWait = .seconds(120)
        databases = try zip(["first", "second"], connections).map { name, connection in
            try PostgresResource(
                name: name, connection: PostgresConnectionString(connection), limits: limits)
        }
        resources = databases.map { WatchedResource($0, before: before, after: after) }
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        var options = Journal.Options(node: "node", directory: directory, policies: [:])
        options.log.segmentBytes = 4 << 20
        journal = try Journal.open(options, files: files, logger: logger) { _ in }
        let registry = ResourceRegistry()
        for resource in resources { try registry.register(resource) }
        var behaviour = TransactionOptions()
        behaviour.timeout = 600_000
        behaviour.recoveryInterval = 500
        behaviour.retry.maxDelay = 500
        manager = TransactionManager(
            log: CoordinationLog(journal: journal, logger: logger), resources: registry,
            options: behaviour)
        recovery = TransactionRecovery(manager)
    }

    /// Writes the key in both databases.
    func write(
        _ key: String, before: @escaping @Sendable (TransactionID) -> Void = { _ in }
    ) async throws {
        try await manager.run { transaction in
            for resource in resources {
                try await transaction.enlist(resource).branch.put(key, "new")
            }
            before(transaction.id)
        }
    }

    /// The values of the key in both.
    func values(_ key: String) async throws -> [String?] {
        var values: [String?] = []
        for database in databases { values.append(try await database.value(key)) }
        return values
    }

    /// Branches of this journal that are prepared in either; nil while one cannot be asked.
    func prepared() async -> Int? {
        var count = 0
        for database in databases {
            guard let branches = try? await database.preparedBranches() else { return nil }
            count += branches.count { $0.own?.journal == journal.writer.journal }
        }
        return count
    }

    /// Recovers until nothing is left to do.
    func recover() async throws {
        recovery.start()
        try await eventually("nothing is in doubt", seconds: 120, every: .milliseconds(50)) {
            // A branch can turn up late: the server may still be at what a dead process asked for.
            await prepared() == 0 && journal.unfinishedTransactions.isEmpty
        }
    }

    func close() async {
        await recovery.stop()
        for database in databases { database.close() }
        journal.close()
    }
}
