import Model
import ReprisePostgres
import Testing
import Transactions

@Suite struct QueryTests {
    @Test func rowsComeAsTextWithTheirColumns() async throws {
        let branch = try await resource().begin(freshXid(), readOnly: true)
        let rows = try await branch.query(
            "SELECT $1::integer + 1 AS number, $2::text AS nothing, 'ä€' AS text", ["41", nil])
        #expect(rows.columns == ["number", "nothing", "text"])
        #expect(rows.count == 1)
        #expect(rows.affected == 1)
        let row = try #require(rows.first)
        #expect(row.values == ["42", nil, "ä€"])
        #expect(row["number"] == "42")
        #expect(row["nothing"] == nil)
        #expect(row["missing"] == nil)
        #expect(row[2] == "ä€")
        #expect(row[3] == nil)
        let none = try await branch.query("SELECT 1 AS one WHERE false")
        #expect(none.isEmpty)
        #expect(none.columns == ["one"])
        let many = try await branch.query("SELECT generate_series(1, 5000)")
        #expect(many.map { $0[0] } == (1...5000).map(String.init))
        try await branch.rollback()
    }

    @Test func whatIsWrittenIsCounted() async throws {
        let branch = try await resource().begin(freshXid(), readOnly: false)
        let key = freshKey()
        let inserted = try await branch.query(
            "INSERT INTO entries SELECT $1 || n, 'x' FROM generate_series(1, 3) AS n", [key])
        #expect(inserted.affected == 3)
        let deleted = try await branch.query(
            "DELETE FROM entries WHERE key LIKE $1 || '%' RETURNING key", [key])
        #expect(deleted.affected == 3)
        #expect(deleted.count == 3)
        try await branch.rollback()
    }

    @Test func valuesAreNeverPartOfTheStatement() async throws {
        let key = freshKey() + "'; DROP TABLE entries; --"
        let shop = try await resource()
        let branch = try await shop.begin(freshXid(), readOnly: false)
        try await branch.put(key, "\\'\"$1")
        try await branch.commitOnePhase(recordingOutcome: false)
        #expect(try await shop.value(key) == "\\'\"$1")
    }

    @Test func textWithAZeroByteIsRefused() async throws {
        let branch = try await resource().begin(freshXid(), readOnly: false)
        let inValue = await repriseError { try await branch.put("a\0b", "x") }
        #expect(inValue?.code == .invalidRequest)
        let inStatement = await repriseError { try await branch.query("SELECT 1\0") }
        #expect(inStatement?.code == .invalidRequest)
        let tooMany = await repriseError {
            try await branch.query("SELECT 1", Array(repeating: "x", count: 65_536))
        }
        #expect(tooMany?.code == .invalidRequest)
        // None of them has reached the server.
        #expect(try await branch.query("SELECT 1").first?[0] == "1")
        try await branch.rollback()
    }

    @Test(arguments: [
        ("INSERT INTO entries (key, value) VALUES ($1, $1), ($1, $1)", "23505"),
        ("SELECT $1::integer", "22P02"),
        ("SELECT no_such_column, $1::text", "42703"),
        ("DO $$ BEGIN RAISE EXCEPTION 'secret-4711'; END $$", "P0001"),
        ("SELECT $1::text; SELECT 2", "42601"),
    ])
    func errorsNameTheStateAndNoValue(sql: String, state: String) async throws {
        let branch = try await resource().begin(freshXid(), readOnly: false)
        let parameters = sql.contains("$1") ? ["secret-4711"] : []
        let error = await repriseError { try await branch.query(sql, parameters) }
        #expect(error?.code == .resourceFailed)
        #expect(error?.sqlState == state)
        #expect(error?.description.contains("secret") == false)
        #expect(error?.description.contains("shop") == true)
        try await branch.rollback()
    }

    @Test func aSavepointLetsABranchGoOnAfterAnError() async throws {
        let shop = try await resource()
        let branch = try await shop.begin(freshXid(), readOnly: false)
        let key = freshKey()
        try await branch.put(key, "kept")
        try await branch.query("SAVEPOINT before")
        #expect(await repriseError { try await branch.query("SELECT 1 / 0") } != nil)
        try await branch.query("ROLLBACK TO SAVEPOINT before")
        try await branch.commitOnePhase(recordingOutcome: true)
        #expect(try await shop.value(key) == "kept")
    }

    @Test func aStatementThatEndsTheTransactionEndsTheBranch() async throws {
        for sql in ["COMMIT", "ROLLBACK"] {
            let branch = try await resource().begin(freshXid(), readOnly: false)
            try await branch.put(freshKey(), "new")
            let error = await repriseError { try await branch.query(sql) }
            #expect(error?.message.contains("ended the branch") == true)
            #expect(await repriseError { _ = try await branch.prepare() } != nil)
            #expect(await repriseError { try await branch.query("SELECT 1") } != nil)
        }
    }

    @Test func copyIsRefused() async throws {
        let branch = try await resource().begin(freshXid(), readOnly: false)
        let error = await repriseError { try await branch.query("COPY entries TO STDOUT") }
        #expect(error?.cause?.contains("COPY") == true)
        try await branch.rollback()
    }

    @Test func aResultThatIsTooLargeIsRefused() async throws {
        let shop = try await resource { $0.resultBytes = 100_000 }
        let branch = try await shop.begin(freshXid(), readOnly: true)
        let error = await repriseError {
            try await branch.query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)")
        }
        #expect(error?.cause?.contains("100000 bytes") == true)
        try await branch.rollback()
        // The connection goes on.
        let next = try await shop.begin(freshXid(), readOnly: true)
        #expect(try await next.query("SELECT repeat('x', 1000)").count == 1)
        try await next.rollback()
    }
}
