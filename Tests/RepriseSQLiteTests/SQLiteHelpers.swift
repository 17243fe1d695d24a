import GRDB
import Model
import RepriseSQLite
import TestSupport
import Transactions

/// A database file of one test's own, with a table `entries`.
struct Shop {
    let directory: TestDirectory
    let resource: SQLiteResource
    var path: String { directory.path + "/shop.sqlite" }

    init() async throws {
        directory = try TestDirectory("sqlite")
        resource = try SQLiteResource(name: "shop", path: directory.path + "/shop.sqlite")
        try await resource.write {
            try $0.execute(sql: "CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        }
    }

    /// As another process would open it.
    func again(busyWait: Duration = .milliseconds(50)) throws -> SQLiteResource {
        try SQLiteResource(
            name: "shop", path: path, busyWait: busyWait, writerWait: .seconds(120))
    }
}

func freshXid() -> Xid {
    Xid(
        journal: .random(in: .min ... .max),
        transaction: TransactionID(
            time: .zero, random: (.random(in: .min ... .max), .random(in: .min ... .max))),
        number: 0)
}

extension SQLiteBranch {
    func put(_ key: String, _ value: String) async throws {
        try await write {
            try $0.execute(
                sql: "INSERT OR REPLACE INTO entries (key, value) VALUES (?, ?)",
                arguments: [key, value])
        }
    }

    func value(_ key: String) async throws -> String? {
        try await read { try entry(key, $0) }
    }
}

extension SQLiteResource {
    /// What is committed.
    func value(_ key: String) async throws -> String? {
        try await read { try entry(key, $0) }
    }
}

private func entry(_ key: String, _ db: Database) throws -> String? {
    try String.fetchOne(db, sql: "SELECT value FROM entries WHERE key = ?", arguments: [key])
}

/// The error that `body` throws, where it is one of Reprise's.
func repriseError(_ body: () async throws -> Void) async -> RepriseError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? RepriseError
    }
}

/// Whether `body` throws that nothing was committed, for certain.
func isRolledBack(_ body: () async throws -> Void) async -> Bool {
    do {
        try await body()
    } catch ResourceError.rolledBack {
        return true
    } catch {}
    return false
}
