internal import Dispatch
internal import GRDB
internal import Model
internal import Platform
internal import Synchronization
internal import Transactions

/// A database file: one connection that writes, on which one branch at a time has its transaction,
/// and others that read.
final class SQLiteStore: Sendable {
    let name: String
    let pool: DatabasePool
    /// The branches that this process has in hand and that may still be committed. Weak: an abandoned
    /// one is rolled back.
    private let open = Mutex<[Xid: WeakBranch]>([:])
    private let writer = Permits(1)
    private let writerWait: Duration

    private struct WeakBranch {
        weak var branch: SQLiteBranch?
    }

    init(
        name: String, path: String, busyWait: Duration, writerWait: Duration
    ) throws(RepriseError) {
        self.name = name
        self.writerWait = writerWait
        var configuration = Configuration()
        configuration.label = "reprise-\(name)"
        // A branch's transaction stays open from one access to the next.
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(
            Double(busyWait.roundedUpMilliseconds) / 1000)
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // GRDB takes NORMAL with a write-ahead log: a commit would not be on the disk yet.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(sql: OutcomeRecords.creation)
            }
        } catch {
            throw SQLiteStore.failure(name, "open the database", error)
        }
    }

    // MARK: Writing

    /// Waits until nobody else in this process has a transaction open.
    func takeWriter() async throws(RepriseError) {
        guard await writer.acquire(within: writerWait) else {
            throw RepriseError(
                .resourceFailed,
                "The resource \(name) was busy with other branches for \(writerWait), or the task"
                    + " was cancelled.")
        }
    }

    func giveWriter() { writer.release() }

    /// Runs `body` on the connection that writes; only for whoever has taken the writer.
    func onWriter<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        // With GRDB's own async methods, a cancelled task would interrupt a commit.
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { db in
                continuation.resume(returning: Result { try body(db) })
            }
        }
        return try result.get()
    }

    /// Rolls back what an abandoned branch has left, and then gives the writer away.
    func abandon() {
        pool.asyncWriteWithoutTransaction { [self] db in
            if db.isInsideTransaction { try? db.rollback() }
            giveWriter()
        }
    }

    /// A transaction of its own.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await takeWriter()
        defer { giveWriter() }
        return try await onWriter { db in
            var value: Value?
            try db.inTransaction(.immediate) {
                value = try body(db)
                return .commit
            }
            guard let value else { throw CancellationError() }
            return value
        }
    }

    // MARK: Reading

    /// Opens a connection: off the cooperative pool, since it reads the file.
    func snapshot() async throws -> DatabaseSnapshot {
        let result: Result<DatabaseSnapshot, any Error> = await withCheckedContinuation {
            continuation in
            DispatchQueue.global().async { [pool] in
                continuation.resume(returning: Result { try pool.makeSnapshot() })
            }
        }
        return try result.get()
    }

    // MARK: Branches

    func register(_ branch: SQLiteBranch) {
        open.withLock { $0[branch.xid] = WeakBranch(branch: branch) }
    }

    func unregister(_ xid: Xid) {
        open.withLock { _ = $0.removeValue(forKey: xid) }
    }

    func branch(_ xid: Xid) -> SQLiteBranch? {
        open.withLock { $0[xid]?.branch }
    }

    // MARK: Errors

    func failure(_ doing: String, _ error: any Error) -> RepriseError {
        SQLiteStore.failure(name, doing, error)
    }

    private static func failure(
        _ name: String, _ doing: String, _ error: any Error
    ) -> RepriseError {
        if let error = error as? RepriseError { return error }
        // Not the error's own description, in which the statement stands.
        let cause = (error as? DatabaseError).map {
            "SQLite \($0.extendedResultCode.rawValue): \($0.message ?? "no message")"
        }
        return RepriseError(
            .resourceFailed, "The resource \(name) could not \(doing).",
            cause: cause ?? String(describing: type(of: error)))
    }
}
