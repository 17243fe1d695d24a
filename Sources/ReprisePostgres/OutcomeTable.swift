internal import Model
internal import Synchronization
internal import Transactions

/// The table from which outcomes of one-phase commits are told:
///
///     CREATE TABLE reprise_outcomes (
///         xid text PRIMARY KEY, committed boolean NOT NULL, at timestamptz NOT NULL DEFAULT now())
///
/// A commit inserts its row in its own transaction. A question inserts a row that says otherwise
/// where there is none: whichever comes second finds the first, or waits for it.
final class OutcomeTable: Sendable {
    /// Quoted, with its schema: what a branch sets its `search_path` to does not matter.
    let name: String
    private let schema: String
    private let isThere = Mutex(false)

    /// - Throws: `configuration` where the schema's name cannot be one.
    init(schema: String) throws(RepriseError) {
        guard (1...63).contains(schema.utf8.count), !schema.utf8.contains(0) else {
            throw RepriseError(
                .configuration, "A schema's name has 1 to 63 bytes, none of them 0.")
        }
        self.schema = schema
        let parts = schema.split(separator: "\"", omittingEmptySubsequences: false)
        let quoted = parts.joined(separator: "\"\"")
        name = "\"\(quoted)\".reprise_outcomes"
    }

    /// Looks first: who may use the table may still not be allowed to create one.
    func ensure(_ pool: ConnectionPool) async throws(RepriseError) {
        if isThere.withLock({ $0 }) { return }
        try await pool.use("create the table of outcomes") { [self] session throws(SQLFailure) in
            do throws(SQLFailure) {
                if try exists(session) { return }
                try session.run(
                    script: """
                        CREATE TABLE IF NOT EXISTS \(name) (
                            xid text PRIMARY KEY,
                            committed boolean NOT NULL,
                            at timestamptz NOT NULL DEFAULT now())
                        """)
            } catch  where error.kind == .statement {
                // Somebody else may have created it at the same moment.
                guard try exists(session) else { throw error }
            }
        }
        isThere.withLock { $0 = true }
    }

    private func exists(_ session: LibpqSession) throws(SQLFailure) -> Bool {
        let rows = try session.run(
            """
            SELECT FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS schema ON schema.oid = class.relnamespace
            WHERE schema.nspname = $1 AND class.relname = 'reprise_outcomes'
            """, [schema])
        return !rows.isEmpty
    }

    /// Inserts the record of a commit; an `xid` has nothing in it that would need quoting.
    func insertion(of xid: Xid) -> String {
        "INSERT INTO \(name) (xid, committed) VALUES ('\(xid)', true)"
    }

    /// Asks for the outcome and settles it.
    func outcome(_ xid: Xid, _ session: LibpqSession) throws(SQLFailure) -> BranchOutcome {
        // Waits for a commit that is under way. Two statements, since the first would not see a row
        // that was committed while it waited.
        _ = try session.run(
            "INSERT INTO \(name) (xid, committed) VALUES ($1, false) ON CONFLICT DO NOTHING",
            [xid.description])
        let rows = try session.run(
            "SELECT committed FROM \(name) WHERE xid = $1", [xid.description])
        guard let row = rows.first else {
            throw .refused("the record of an outcome was deleted while it was being read")
        }
        return row[0] == "t" ? .committed : .notCommitted
    }

    func forget(_ xid: Xid, _ session: LibpqSession) throws(SQLFailure) {
        _ = try session.run(
            "DELETE FROM \(name) WHERE xid = $1 AND committed", [xid.description])
    }

    /// Branches with the record of a commit, oldest first; none where there is no table yet.
    func commits(limit: Int, _ session: LibpqSession) throws(SQLFailure) -> [Xid] {
        guard try exists(session) else { return [] }
        let rows = try session.run(
            "SELECT xid FROM \(name) WHERE committed ORDER BY at LIMIT $1", [String(limit)])
        return rows.compactMap { row in row[0].flatMap { Xid(text: $0) } }
    }

    /// Deletes tombstones, and with `includingCommitted` other records, that were written longer ago
    /// and before every transaction that is open now. Returns how many.
    func purge(
        olderThan age: Milliseconds, includingCommitted: Bool, _ session: LibpqSession
    ) throws(SQLFailure) -> Int {
        try session.run(
            """
            DELETE FROM \(name)
            WHERE at < now() - $1::bigint * interval '1 millisecond'
                AND (NOT committed OR $2::boolean)
                AND at < COALESCE(
                    (SELECT min(xact_start) FROM pg_catalog.pg_stat_activity
                        WHERE datname = current_database()),
                    now())
            """, [String(age), String(includingCommitted)]
        ).affected
    }
}
