internal import ReprisePostgres
internal import Transactions

extension PostgresResource: Bank {
    func setUp(accounts: Int, balance: Int) async throws {
        try await once { branch in
            try await branch.query(
                """
                CREATE TABLE account (
                    id integer PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0))
                """)
            try await branch.query(
                """
                CREATE TABLE entry (
                    transfer integer PRIMARY KEY, account integer NOT NULL REFERENCES account,
                    amount bigint NOT NULL, transaction text NOT NULL)
                """)
            try await branch.query(
                """
                CREATE TABLE receipt (
                    session text PRIMARY KEY, transfer integer NOT NULL, transaction text NOT NULL)
                """)
            try await branch.query(
                "INSERT INTO account SELECT id, $2::bigint FROM generate_series(0, $1::integer) AS id",
                ["\(accounts - 1)", "\(balance)"])
        }
    }

    func add(_ receipt: Receipt) async throws {
        try await once { branch in
            try await branch.query(
                "INSERT INTO receipt VALUES ($1, $2, $3) ON CONFLICT (session) DO NOTHING",
                [receipt.session, "\(receipt.transfer)", receipt.transaction])
        }
    }

    func books() async throws -> Books {
        var books = Books()
        books.prepared = try await preparedBranches().count
        let (balances, entries, receipts) = try await once { branch in
            (
                try await branch.query("SELECT id, balance FROM account"),
                try await branch.query("SELECT transfer, account, amount, transaction FROM entry"),
                try await branch.query("SELECT transfer, transaction, session FROM receipt")
            )
        }
        for row in balances { books.balances[try number(row, 0)] = try number(row, 1) }
        books.entries = try entries.map { row in
            Books.Entry(
                transfer: try number(row, 0), account: try number(row, 1),
                amount: try number(row, 2), transaction: row[3] ?? "")
        }
        books.receipts = try receipts.map { row in
            Receipt(
                transfer: try number(row, 0), transaction: row[1] ?? "", session: row[2] ?? "")
        }
        return books
    }

    /// As `15.3`.
    var serverVersion: String {
        get async throws {
            let rows = try await once { try await $0.query("SHOW server_version") }
            return String((rows.first?[0] ?? "").prefix { $0 != " " })
        }
    }

    /// The server's processes that serve this database, but for the one that is asked.
    func backends() async throws -> [Int32] {
        let rows = try await once { branch in
            try await branch.query(
                """
                SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                """)
        }
        return rows.compactMap { row in row[0].flatMap { Int32($0) } }
    }

    /// Work that belongs to no transaction of Reprise's.
    @discardableResult
    private func once<Value: Sendable>(
        _ body: (PostgresBranch) async throws -> Value
    ) async throws -> Value {
        let xid = try Xid(format: 1, global: Array("demo".utf8), branch: [0])
        let branch = try await begin(xid, readOnly: false)
        do {
            let value = try await body(branch)
            try await branch.commitOnePhase(recordingOutcome: false)
            return value
        } catch {
            try? await branch.rollback()
            throw error
        }
    }

    private func number(_ row: PostgresRow, _ column: Int) throws -> Int {
        guard let number = row[column].flatMap({ Int($0) }) else {
            throw DemoError("\(name) has a row without a number")
        }
        return number
    }
}

extension PostgresBranch: BankBranch {
    func book(_ entry: Books.Entry) async throws {
        try await query(
            """
            WITH booked AS (INSERT INTO entry VALUES ($1, $2, $3, $4))
            UPDATE account SET balance = balance + $3::bigint WHERE id = $2::integer
            """,
            ["\(entry.transfer)", "\(entry.account)", "\(entry.amount)", entry.transaction])
    }
}
