import Model
import PostgresSupport
import ReprisePostgres
import Transactions

/// A resource over a database of the shared test server, or of another.
func resource(
    _ database: PostgresServer.Database = .first, on server: PostgresServer? = nil,
    participation: PostgresResource.Participation = .prepares,
    isolation: PostgresIsolation = .readCommitted, schema: String = "public",
    _ adjust: (inout PostgresLimits) -> Void = { _ in }
) async throws -> PostgresResource {
    let shared = try await PostgresServer.shared()
    var limits = PostgresLimits()
    limits.connections = 4
    limits.connect = .seconds(60)
    limits.statement = .seconds(120)
    limits.connectionWait = .seconds(120)
    adjust(&limits)
    return try PostgresResource(
        name: "shop",
        connection: PostgresConnectionString((server ?? shared).connection(database)),
        participation: participation, isolation: isolation, schema: schema, limits: limits)
}

func freshXid() -> Xid {
    Xid(
        journal: .random(in: .min ... .max),
        transaction: TransactionID(
            time: .zero, random: (.random(in: .min ... .max), .random(in: .min ... .max))),
        number: 0)
}

func freshKey() -> String { "key-\(String(UInt64.random(in: .min ... .max), radix: 36))" }

extension PostgresBranch {
    func put(_ key: String, _ value: String) async throws {
        try await query(
            """
            INSERT INTO entries (key, value) VALUES ($1, $2)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """, [key, value])
    }
}

extension PostgresResource {
    /// What is committed.
    func value(_ key: String) async throws -> String? {
        let branch = try await begin(freshXid(), readOnly: true)
        let rows = try await branch.query("SELECT value FROM entries WHERE key = $1", [key])
        try await branch.rollback()
        return rows.first?[0]
    }
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
