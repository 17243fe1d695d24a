import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Model
import NIOCore
import PostgresSupport
import Reprise
import ReprisePostgres
import TestSupport
import Testing

@testable import RepriseServer

/// A node with databases out of its settings, as `reprise serve` has it, and its operators.
@Suite(.timeLimit(.minutes(5))) struct ServedTransactionTests {
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Settings that name both databases, one by a file and one by a variable.
    private func settings(_ directory: String) async throws -> Settings {
        let server = try await PostgresServer.shared()
        let file = directory + "/shop"
        try Data("\(server.connection(.first))\n".utf8).write(to: URL(filePath: file))
        return try Settings.load(
            file: nil, environment: ["BANK": server.connection(.second)],
            flags: [
                ("journal.directory", directory + "/journal"), ("journal.segmentBytes", "4MiB"),
                ("journal.maxBytes", "16MiB"), ("transactions.timeout", "10m"),
                ("transactions.resources.shop.connectionFile", file),
                ("transactions.resources.bank.connectionVariable", "BANK"),
            ])
    }

    /// Runs a transaction that is decided, while the bank cannot be told.
    private func stuck(
        _ settings: Settings, _ key: String
    ) async throws -> (node: Reprise, id: TransactionID) {
        let shop = try #require(settings.resources.first { $0.name == "shop" }).resource()
        let bank = try #require(settings.resources.first { $0.name == "bank" }).resource()
        let node = try await Reprise.open(
            settings.reprise, resources: [shop, Unreachable(database: bank)], logger: Self.logger)
        let statement = "INSERT INTO entries (key, value) VALUES ($1, 'new')"
        let transaction = try await node.transactions.run { transaction in
            try await transaction.enlist(shop).query(statement, [key])
            try await transaction.enlist(Unreachable(database: bank)).query(statement, [key])
            return transaction
        }
        #expect(transaction.report == .committed(pending: ["bank"]))
        return (node, transaction.id)
    }

    private func value(_ key: String, in database: PostgresServer.Database) async throws -> String?
    {
        let server = try await PostgresServer.shared()
        let sql = "SELECT value FROM entries WHERE key = '\(key)'"
        return try await server.run(sql, in: database).first ?? nil
    }

    private func prepared(_ id: TransactionID) async throws -> [String] {
        let server = try await PostgresServer.shared()
        let hex = id.description.replacing("-", with: "")
        let sql = "SELECT gid FROM pg_prepared_xacts WHERE gid LIKE '%\(hex)%'"
        return try await server.run(sql, in: .second).compactMap { $0 }
    }

    @Test func `a node with the databases in its settings finishes what another process left`()
        async throws
    {
        let directory = try TestDirectory()
        let settings = try await settings(directory.path)
        let key = "key-\(UUID())"
        let (first, id) = try await stuck(settings, key)
        #expect(try await value(key, in: .first) == "new")
        #expect(try await value(key, in: .second) == nil)
        await first.close()
        #expect(try await prepared(id).count == 1)

        let resources = try settings.resources.map { try $0.resource() }
        let second = try await Reprise.open(
            settings.reprise, resources: resources, logger: Self.logger)
        try await eventually("the bank is told", seconds: 120) {
            try await value(key, in: .second) == "new"
        }
        try await eventually("nothing is left", seconds: 120) {
            second.transactions.list().isEmpty
        }
        #expect(try await prepared(id).isEmpty)
        await second.close()
    }

    @Test func `an operator gives a branch up, and forgets it when it is seen to`() async throws {
        let directory = try TestDirectory()
        let settings = try await settings(directory.path)
        let key = "key-\(UUID())"
        let (node, id) = try await stuck(settings, key)
        let path = "/v1/transactions/\(id)"
        let store = NodeStore(node)
        let server = try APIServer(
            store: store, operators: Operators(store, logger: Self.logger),
            configuration: ServerConfiguration(), registry: PrometheusRegistry(),
            logger: Self.logger)
        try await server.application().test(.router) { client in
            var answer = try await send(client, .get, "/v1/transactions")
            #expect(answer.text.contains(id.description))
            answer = try await send(client, .get, path)
            #expect(answer.text.contains(#""standing":"pending""#))
            #expect(answer.text.contains("The network is cut."))
            answer = try await send(client, .post, path + "/forget")
            #expect(answer.status == .conflict)

            answer = try await send(
                client, .post, path + "/resolve",
                #"{"outcome": "committed", "reason": "by hand"}"#)
            #expect(answer.status == .ok, "\(answer.text)")
            answer = try await send(client, .get, path)
            #expect(answer.text.contains(#""standing":"heuristic""#))
            #expect(answer.text.contains("by hand"))

            // Recovery would roll it back, once nobody remembers it.
            answer = try await send(client, .post, path + "/forget")
            #expect(answer.status == .conflict)
            #expect(answer.text.contains("transactionHeuristic"))
            let gid = try #require(try await prepared(id).first)
            try await PostgresServer.shared().run("COMMIT PREPARED '\(gid)'", in: .second)
            answer = try await send(client, .post, path + "/forget")
            #expect(answer.status == .ok, "\(answer.text)")
            answer = try await send(client, .get, path)
            #expect(answer.status == .notFound)
        }
        #expect(try await value(key, in: .second) == "new")
        await node.close()
    }

    private func send(
        _ client: any TestClientProtocol, _ method: HTTPRequest.Method, _ path: String,
        _ body: String? = nil
    ) async throws -> (status: HTTPResponse.Status, text: String) {
        var headers = HTTPFields()
        if body != nil { headers[.contentType] = "application/json" }
        return try await client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { ($0.status, String(buffer: $0.body)) }
    }
}
