internal import GRDB
internal import Synchronization
internal import Transactions

/// A bank in a SQLite file, where there is no PostgreSQL. SQLite cannot prepare, so this does what a
/// service of one's own would do: preparing checks the balances and writes what is to be booked into
/// a table, where it outlives the process and holds the money back until it is decided on.
final class SQLiteBank: Bank {
    let name: String
    let abilities = ResourceAbilities(prepares: true, recordsOutcome: false)
    private let pool: DatabasePool

    init(_ name: String, path: String) throws {
        self.name = name
        var configuration = Configuration()
        // Several processes write to the file, one at a time.
        configuration.busyMode = .timeout(20)
        pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // GRDB takes NORMAL: a commit would not be on the disk yet.
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
    }

    // MARK: Bank

    func setUp(accounts: Int, balance: Int) async throws {
        try await pool.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
                    CREATE TABLE entry (
                        transfer INTEGER PRIMARY KEY, account INTEGER NOT NULL,
                        amount INTEGER NOT NULL, booking TEXT NOT NULL);
                    CREATE TABLE pending (
                        xid TEXT NOT NULL, transfer INTEGER NOT NULL, account INTEGER NOT NULL,
                        amount INTEGER NOT NULL, booking TEXT NOT NULL,
                        PRIMARY KEY (xid, transfer));
                    CREATE INDEX pending_account ON pending (account);
                    CREATE TABLE receipt (
                        session TEXT PRIMARY KEY, transfer INTEGER NOT NULL, booking TEXT NOT NULL);
                    """)
            for account in 0..<accounts {
                try db.execute(
                    sql: "INSERT INTO account VALUES (?, ?)", arguments: [account, balance])
            }
        }
    }

    func add(_ receipt: Receipt) async throws {
        try await pool.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO receipt VALUES (?, ?, ?)",
                arguments: [receipt.session, receipt.transfer, receipt.transaction])
        }
    }

    func books() async throws -> Books {
        try await pool.read { db in
            var books = Books()
            for row in try Row.fetchAll(db, sql: "SELECT id, balance FROM account") {
                books.balances[row[0]] = row[1]
            }
            let entries = "SELECT transfer, account, amount, booking FROM entry"
            books.entries = try Row.fetchAll(db, sql: entries).map { row in
                Books.Entry(
                    transfer: row[0], account: row[1], amount: row[2], transaction: row[3])
            }
            let receipts = "SELECT transfer, booking, session FROM receipt"
            books.receipts = try Row.fetchAll(db, sql: receipts).map { row in
                Receipt(transfer: row[0], transaction: row[1], session: row[2])
            }
            let prepared = "SELECT count(DISTINCT xid) FROM pending"
            books.prepared = try Int.fetchOne(db, sql: prepared) ?? 0
            return books
        }
    }

    // MARK: Resource

    func begin(_ xid: Xid, readOnly: Bool) async throws -> SQLiteBankBranch {
        SQLiteBankBranch(xid, self)
    }

    func commitPrepared(_ xid: Xid) async throws {
        try await pool.write { db in try SQLiteBank.apply(xid, db) }
    }

    func rollbackPrepared(_ xid: Xid) async throws {
        try await pool.write { db in
            try db.execute(sql: "DELETE FROM pending WHERE xid = ?", arguments: ["\(xid)"])
        }
    }

    func preparedBranches() async throws -> [Xid] {
        let names = try await pool.read { db in
            try String.fetchAll(db, sql: "SELECT DISTINCT xid FROM pending")
        }
        return names.compactMap { Xid(text: $0) }
    }

    func outcome(of xid: Xid) async throws -> BranchOutcome {
        throw DemoError("\(name) keeps no outcomes")
    }

    // MARK: Branches

    fileprivate func prepare(_ xid: Xid, _ entries: [Books.Entry]) async throws {
        try await pool.write { db in try SQLiteBank.reserve(xid, entries, db) }
    }

    fileprivate func commit(_ xid: Xid, _ entries: [Books.Entry]) async throws {
        try await pool.write { db in
            try SQLiteBank.reserve(xid, entries, db)
            try SQLiteBank.apply(xid, db)
        }
    }

    private static func reserve(_ xid: Xid, _ entries: [Books.Entry], _ db: Database) throws {
        for entry in entries {
            try db.execute(
                sql: "INSERT INTO pending VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    "\(xid)", entry.transfer, entry.account, entry.amount, entry.transaction,
                ])
            // What others have prepared to take is not there any more, what they bring not yet.
            let left = try Int.fetchOne(
                db,
                sql: """
                    SELECT balance + coalesce((SELECT sum(amount) FROM pending
                        WHERE account = account.id AND amount < 0), 0)
                    FROM account WHERE id = ?
                    """, arguments: [entry.account])
            guard let left, left >= 0 else { throw DemoError("the account is overdrawn") }
        }
    }

    private static func apply(_ xid: Xid, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE account SET balance = balance + (SELECT sum(amount) FROM pending
                    WHERE xid = :xid AND pending.account = account.id)
                WHERE id IN (SELECT account FROM pending WHERE xid = :xid)
                """, arguments: ["xid": "\(xid)"])
        try db.execute(
            sql: """
                INSERT INTO entry SELECT transfer, account, amount, booking FROM pending
                WHERE xid = ?
                """, arguments: ["\(xid)"])
        try db.execute(sql: "DELETE FROM pending WHERE xid = ?", arguments: ["\(xid)"])
    }
}

/// Gathers what is to be booked; nothing of it is in the file before it is prepared.
final class SQLiteBankBranch: BankBranch {
    private let xid: Xid
    private let bank: SQLiteBank
    private let entries = Mutex<[Books.Entry]>([])

    init(_ xid: Xid, _ bank: SQLiteBank) {
        self.xid = xid
        self.bank = bank
    }

    func book(_ entry: Books.Entry) async throws {
        entries.withLock { $0.append(entry) }
    }

    func prepare() async throws -> Vote {
        let entries = entries.withLock { $0 }
        if entries.isEmpty { return .readOnly }
        try await bank.prepare(xid, entries)
        return .prepared
    }

    func commitOnePhase(recordingOutcome: Bool) async throws {
        try await bank.commit(xid, entries.withLock { $0 })
    }

    func rollback() async throws {
        entries.withLock { $0 = [] }
    }
}
