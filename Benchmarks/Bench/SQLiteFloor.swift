import CSQLite
import Platform

/// One row of 256 bytes a transaction, `journal_mode=WAL`, `synchronous=FULL`.
final class SQLiteFloor {
    private var database: OpaquePointer?
    private var insert: OpaquePointer?

    init(path: String) throws {
        guard sqlite3_open(path, &database) == SQLITE_OK else {
            throw BenchmarkFailure(description: "SQLite cannot open \(path)")
        }
        for statement in [
            "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
            "CREATE TABLE records (id INTEGER PRIMARY KEY, bytes BLOB)",
        ] {
            try check(sqlite3_exec(database, statement, nil, nil, nil))
        }
        try check(
            sqlite3_prepare_v2(
                database, "INSERT INTO records (bytes) VALUES (?)", -1, &insert, nil))
    }

    deinit {
        sqlite3_finalize(insert)
        sqlite3_close(database)
    }

    func run(seconds: Double) throws -> Double {
        let bytes = [UInt8](repeating: 0x78, count: DurableAppend.payloadBytes)
        let begin = monotonicSeconds()
        var now = begin
        var count = 0
        while now - begin < seconds {
            try bytes.withUnsafeBytes { bytes in
                // No destructor: the bytes outlive the step.
                try check(
                    sqlite3_bind_blob(insert, 1, bytes.baseAddress, Int32(bytes.count), nil))
                guard sqlite3_step(insert) == SQLITE_DONE else { return try check(SQLITE_ERROR) }
            }
            try check(sqlite3_reset(insert))
            count += 1
            now = monotonicSeconds()
        }
        return Double(count) / (now - begin)
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else {
            throw BenchmarkFailure(
                description: "SQLite: \(String(cString: sqlite3_errmsg(database)))")
        }
    }
}
