internal import GRDB
internal import Model
internal import Transactions

/// The table from which outcomes of commits are told. A commit inserts its row in its own
/// transaction; a question inserts a row that says otherwise where there is none, and then no commit
/// can insert its own any more.
enum OutcomeRecords {
    static let creation = """
        CREATE TABLE IF NOT EXISTS reprise_outcomes (
            xid TEXT PRIMARY KEY NOT NULL,
            committed INTEGER NOT NULL,
            at INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER))
        ) WITHOUT ROWID
        """

    static func recordCommit(_ xid: Xid, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO reprise_outcomes (xid, committed) VALUES (?, 1)",
            arguments: [xid.description])
    }

    static func outcome(_ xid: Xid, _ db: Database) throws -> BranchOutcome {
        try db.execute(
            sql: "INSERT OR IGNORE INTO reprise_outcomes (xid, committed) VALUES (?, 0)",
            arguments: [xid.description])
        let committed = try Bool.fetchOne(
            db, sql: "SELECT committed FROM reprise_outcomes WHERE xid = ?",
            arguments: [xid.description])
        return committed == true ? .committed : .notCommitted
    }

    static func forget(_ xid: Xid, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM reprise_outcomes WHERE xid = ? AND committed = 1",
            arguments: [xid.description])
    }

    static func commits(limit: Int, _ db: Database) throws -> [Xid] {
        let texts = try String.fetchAll(
            db,
            sql: "SELECT xid FROM reprise_outcomes WHERE committed = 1 ORDER BY at LIMIT ?",
            arguments: [limit])
        return texts.compactMap { Xid(text: $0) }
    }

    /// Returns how many were deleted.
    static func purge(
        olderThan age: Milliseconds, includingCommitted: Bool, _ db: Database
    ) throws -> Int {
        try db.execute(
            sql: """
                DELETE FROM reprise_outcomes
                WHERE at < CAST(strftime('%s', 'now') AS INTEGER) - ? AND (committed = 0 OR ?)
                """, arguments: [age / 1000, includingCommitted])
        return db.changesCount
    }
}
