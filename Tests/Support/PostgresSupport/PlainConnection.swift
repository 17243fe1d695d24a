internal import CPostgres

/// What tests do behind a resource's back. Blocks.
struct PlainConnection: ~Copyable {
    private let handle: OpaquePointer

    init(_ connection: String) throws {
        guard let handle = PQconnectdb(connection) else {
            throw PostgresServer.Unavailable(description: "out of memory")
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let text = String(cString: PQerrorMessage(handle))
            PQfinish(handle)
            throw PostgresServer.Unavailable(description: text)
        }
        reprise_pq_silence(handle)
        self.handle = handle
    }

    deinit { PQfinish(handle) }

    /// The first column of the rows.
    @discardableResult
    borrowing func run(_ sql: String) throws -> [String?] {
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            throw PostgresServer.Unavailable(description: String(cString: PQerrorMessage(handle)))
        }
        return (0..<PQntuples(result)).map { row in
            PQgetisnull(result, row, 0) == 1 ? nil : String(cString: PQgetvalue(result, row, 0))
        }
    }
}
