internal import Foundation
internal import Synchronization
internal import TestSupport

/// A PostgreSQL server in a process and a temporary directory of its own, with two databases that
/// have a table `entries (key text primary key, value text not null)`; or whatever
/// `REPRISE_TEST_POSTGRES` names, as keywords for libpq (`host=... user=...`).
///
/// Listens on a Unix socket only. Ends, and its directory goes, when this process does.
package final class PostgresServer: Sendable {
    package struct Unavailable: Error, CustomStringConvertible {
        package let description: String
    }

    package enum Database: String, Sendable, CaseIterable {
        case first = "reprise_test_first"
        case second = "reprise_test_second"
    }

    private let keywords: String
    private let keeper: Keeper?

    private init(keywords: String, keeper: Keeper?) {
        self.keywords = keywords
        self.keeper = keeper
    }

    /// The server that the tests of this process share. Nobody may stop it.
    package static func shared() async throws -> PostgresServer {
        try await sharedTask.value
    }

    private static let sharedTask = Task {
        let named = ProcessInfo.processInfo.environment["REPRISE_TEST_POSTGRES"] ?? ""
        if named.isEmpty { return try await launch() }
        let server = PostgresServer(keywords: named, keeper: nil)
        try await server.setUp()
        return server
    }

    /// A server of the caller's own, which can be killed.
    package static func launch() async throws -> PostgresServer {
        let keeper = try await Keeper.start()
        let server = PostgresServer(
            keywords: "host=\(keeper.folder) user=reprise", keeper: keeper)
        try await server.setUp()
        return server
    }

    /// A connection string for libpq.
    package func connection(_ database: Database) -> String {
        "\(keywords) dbname=\(database.rawValue)"
    }

    /// Ends the server as a power cut would (but for what the disk was told to keep), and waits
    /// until it is gone.
    package func kill() async throws {
        try await keeper?.order("kill")
    }

    /// Starts it again after `kill`, and waits until it answers.
    package func start() async throws {
        try await keeper?.order("start")
    }

    /// Runs one statement on a connection of its own; the first column of its rows.
    @discardableResult
    package func run(_ sql: String, in database: Database = .first) async throws -> [String?] {
        let connection = connection(database)
        return try await blocking { try PlainConnection(connection).run(sql) }
    }

    private func setUp() async throws {
        let administration = "\(keywords) dbname=postgres"
        let databases = Database.allCases.map { ($0, connection($0)) }
        try await blocking {
            for (database, connection) in databases {
                // It may be there, on a server that outlives this run.
                _ = try? PlainConnection(administration).run("CREATE DATABASE \(database.rawValue)")
                try PlainConnection(connection).run(
                    "CREATE TABLE IF NOT EXISTS entries (key text PRIMARY KEY, value text NOT NULL)"
                )
            }
        }
    }
}
