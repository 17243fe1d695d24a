public import GRDB
internal import Model
internal import Synchronization
public import Transactions

/// A transaction in a SQLite database that has not ended.
public final class SQLiteBranch: TransactionBranch {
    private enum State {
        case open
        case committed
        case rolledBack
    }

    /// The id with which the branch was begun.
    public let xid: Xid
    private let store: SQLiteStore
    /// What a read-only branch sees; nil in others.
    private let snapshot: DatabaseSnapshot?
    private let state = Mutex(State.open)

    init(_ xid: Xid, _ store: SQLiteStore, reading snapshot: DatabaseSnapshot?) {
        self.xid = xid
        self.store = store
        self.snapshot = snapshot
    }

    deinit {
        if end(.rolledBack), snapshot == nil { store.abandon() }
    }

    // MARK: Work

    /// Reads and writes. All of it takes place or, when `body` throws, nothing; the branch goes on
    /// in either case. `body` runs on a thread of the database's and must not begin or end
    /// transactions; savepoints are fine.
    ///
    /// - Throws: what `body` throws; `transactionReadOnly`; `resourceFailed` where the branch has
    ///   ended.
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        guard snapshot == nil else {
            throw RepriseError(
                .transactionReadOnly,
                "The resource \(store.name) was asked to write in a read-only branch.")
        }
        return try await access { db in
            var value: Value?
            try db.inSavepoint {
                value = try body(db)
                return .commit
            }
            return value
        }
    }

    /// Reads what the branch sees, its own writes included.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        guard let snapshot else { return try await access(body) }
        guard state.withLock({ $0 }) == .open else { throw ended }
        return try await snapshot.read(body)
    }

    private func access<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value?
    ) async throws -> Value {
        let value = try await store.onWriter { [self] db in
            // Whoever ends the branch comes to the same queue after that: not in between.
            guard state.withLock({ $0 }) == .open else { throw ended }
            let result = Result { try body(db) }
            if !db.isInsideTransaction, end(.rolledBack) {
                // The body ended it, or SQLite did because the disk is full.
                store.giveWriter()
                if case .success = result { throw endedByItself }
            }
            return try result.get()
        }
        guard let value else { throw ended }
        return value
    }

    // MARK: Ends

    /// Votes `readOnly` in a read-only branch; others cannot be prepared.
    public func prepare() async throws -> Vote {
        guard snapshot != nil else {
            throw RepriseError(
                .resourceUnsuitable,
                "The resource \(store.name) cannot prepare: it can only be the last to commit.")
        }
        guard end(.committed) else { throw ended }
        return .readOnly
    }

    public func commitOnePhase(recordingOutcome: Bool) async throws {
        guard end(.committed) else {
            if state.withLock({ $0 }) == .rolledBack {
                throw ResourceError.rolledBack(reason: "it had been rolled back before")
            }
            throw ended
        }
        if snapshot != nil {
            guard recordingOutcome else { return }
            // Nothing else is to be committed, so the record is a transaction of its own.
            return try await certain {
                try await store.transaction { [xid] in try OutcomeRecords.recordCommit(xid, $0) }
            }
        }
        defer { store.giveWriter() }
        try await certain {
            try await store.onWriter { [xid] db in
                do {
                    if recordingOutcome { try OutcomeRecords.recordCommit(xid, db) }
                    try db.commit()
                } catch {
                    if db.isInsideTransaction { try? db.rollback() }
                    throw error
                }
            }
        }
    }

    /// Tells an error after which nothing can have been committed from one after which the
    /// database has to be asked.
    private func certain(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as DatabaseError
            where [.SQLITE_BUSY, .SQLITE_CONSTRAINT].contains(error.resultCode)
        {
            let failure = store.failure("commit a branch", error)
            throw ResourceError.rolledBack(reason: failure.cause ?? failure.message)
        } catch {
            throw store.failure("commit a branch", error)
        }
    }

    public func rollback() async throws {
        guard end(.rolledBack), snapshot == nil else { return }
        defer { store.giveWriter() }
        do {
            try await store.onWriter { db in
                if db.isInsideTransaction { try db.rollback() }
            }
        } catch {
            throw store.failure("roll a branch back", error)
        }
    }

    /// False where it has ended before.
    private func end(_ how: State) -> Bool {
        let isFirst = state.withLock { state in
            guard state == .open else { return false }
            state = how
            return true
        }
        if isFirst { store.unregister(xid) }
        return isFirst
    }

    private var ended: RepriseError {
        RepriseError(.resourceFailed, "The branch of the resource \(store.name) has ended.")
    }

    private var endedByItself: RepriseError {
        RepriseError(
            .resourceFailed,
            "The branch of the resource \(store.name) was ended from within: only its transaction"
                + " may.")
    }
}
