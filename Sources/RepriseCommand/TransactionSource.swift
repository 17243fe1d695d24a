internal import ArgumentParser
internal import Foundation
internal import Reprise
internal import RepriseServer

/// Where the transactions command looks.
struct TransactionSourceOptions: ParsableArguments {
    @OptionGroup var node: NodeOptions
    @Option(help: "Read the journal of a stopped node in this directory instead.")
    var journal: String?
    @Flag(help: "Print JSON.") var json = false

    func reader() throws -> any TransactionReader {
        if let journal { return try JournalTransactionSource(directory: journal) }
        return NodeTransactionSource(node: try node.node())
    }
}

/// What looking needs of either place.
protocol TransactionReader: Sendable {
    func list(limit: Int) async throws -> [ShownTransaction]
    func get(_ id: TransactionID) async throws -> ShownTransaction
}

/// Asks a node's HTTP API.
struct NodeTransactionSource: TransactionReader {
    let node: NodeSource

    private static let pageLimit = 1_000

    func list(limit: Int) async throws -> [ShownTransaction] {
        var found: [ShownTransaction] = []
        var next: String?
        repeat {
            var query = "limit=\(min(limit - found.count, Self.pageLimit))"
            if let next { query += "&after=\(next)" }
            let body = try await node.send(.GET, "/v1/transactions?\(query)")
            let page = try JSONDecoder().decode(ShownTransactionPage.self, from: body)
            found += page.transactions
            next = page.next
        } while next != nil && found.count < limit
        return found
    }

    func get(_ id: TransactionID) async throws -> ShownTransaction {
        try JSONDecoder().decode(
            ShownTransaction.self, from: try await node.send(.GET, "/v1/transactions/\(id)"))
    }

    func resolve(_ id: TransactionID, outcome: String, reason: String) async throws {
        _ = try await node.send(
            .POST, "/v1/transactions/\(id)/resolve", ["outcome": outcome, "reason": reason])
    }

    func forget(_ id: TransactionID, unchecked: Bool) async throws {
        _ = try await node.send(.POST, "/v1/transactions/\(id)/forget", ["unchecked": unchecked])
    }
}
