public import GRDB
public import Model
public import Transactions

/// A SQLite database that takes part in transactions, alone or as the last to commit: SQLite cannot
/// prepare, but it tells for certain what was committed.
///
/// The database is used with a write-ahead log and `synchronous = FULL`: what is committed is on the
/// disk. One branch at a time writes; others wait for it. Read-only branches see the database as it
/// was when they began, and wait for nobody. Several processes may use the file.
public final class SQLiteResource: TransactionResource {
    public let name: String
    public let abilities = ResourceAbilities(prepares: false, recordsOutcome: true)
    private let store: SQLiteStore

    /// Opens the file, creates it where there is none, and adds the table `reprise_outcomes`. Blocks
    /// while it does so.
    ///
    /// - Parameters:
    ///   - name: the resource's name in the log, 1 to 64 bytes; see `TransactionResource.name`.
    ///   - busyWait: how long to wait for another process that writes.
    ///   - writerWait: how long `begin` waits for other branches of this process.
    /// - Throws: `configuration`; `resourceFailed` where the file cannot be opened.
    public init(
        name: String, path: String, busyWait: Duration = .seconds(5),
        writerWait: Duration = .seconds(30)
    ) throws(RepriseError) {
        guard (1...64).contains(name.utf8.count) else {
            throw RepriseError(.configuration, "A resource's name has 1 to 64 bytes.")
        }
        self.name = name
        store = try SQLiteStore(
            name: name, path: path, busyWait: busyWait, writerWait: writerWait)
    }

    /// Runs a transaction of its own, apart from all branches: for the schema, and for tests.
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await store.transaction(body)
    }

    /// Reads what is committed, apart from all branches.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await store.pool.read(body)
    }

    // MARK: Branches

    public func begin(_ xid: Xid, readOnly: Bool) async throws -> SQLiteBranch {
        if readOnly {
            do {
                return SQLiteBranch(xid, store, reading: try await store.snapshot())
            } catch {
                throw store.failure("begin a branch", error)
            }
        }
        try await store.takeWriter()
        do {
            try await store.onWriter { try $0.beginTransaction(.immediate) }
        } catch {
            store.giveWriter()
            throw store.failure("begin a branch", error)
        }
        let branch = SQLiteBranch(xid, store, reading: nil)
        store.register(branch)
        return branch
    }

    /// Succeeds: nothing is ever prepared.
    public func commitPrepared(_ xid: Xid) async throws {}

    /// Succeeds: nothing is ever prepared.
    public func rollbackPrepared(_ xid: Xid) async throws {}

    /// Always empty.
    public func preparedBranches() async throws -> [Xid] { [] }

    // MARK: Outcomes

    /// A branch that this process still has open is rolled back. While another process writes, the
    /// question fails with `resourceFailed` and is to be repeated.
    public func outcome(of xid: Xid) async throws -> BranchOutcome {
        try await store.branch(xid)?.rollback()
        do {
            return try await store.transaction { try OutcomeRecords.outcome(xid, $0) }
        } catch {
            throw store.failure("tell an outcome", error)
        }
    }

    /// Deletes the record of a commit. A tombstone stays, since another process may still hold the
    /// branch: see `purgeOutcomes`.
    public func forgetOutcome(of xid: Xid) async {
        try? await store.transaction { try OutcomeRecords.forget(xid, $0) }
    }

    public func recordedCommits(limit: Int) async throws -> [Xid] {
        do {
            return try await store.pool.read { try OutcomeRecords.commits(limit: limit, $0) }
        } catch {
            throw store.failure("list outcomes", error)
        }
    }

    /// Deletes tombstones that are older than `age`, in whole seconds. They are few: one for each
    /// commit whose answer was lost and that did not take place. A day is a good age; it must be more
    /// than a process can hang for and then go on committing.
    ///
    /// - Parameter includingCommitted: also records of commits, of which some stay behind when
    ///   `forgetOutcome` fails. Only with an age at which no transaction of this database can still
    ///   be in doubt.
    /// - Returns: how many were deleted.
    @discardableResult
    public func purgeOutcomes(
        olderThan age: Duration, includingCommitted: Bool = false
    ) async throws(RepriseError) -> Int {
        do {
            return try await store.transaction {
                try OutcomeRecords.purge(
                    olderThan: age.roundedUpMilliseconds, includingCommitted: includingCommitted, $0
                )
            }
        } catch {
            throw store.failure("purge outcomes", error)
        }
    }
}
