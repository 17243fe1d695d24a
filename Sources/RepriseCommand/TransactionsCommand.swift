internal import ArgumentParser
internal import Foundation
internal import Reprise

/// `reprise transactions`: what a node has not finished, and an operator's word on it.
struct TransactionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transactions", abstract: "List, explain and resolve unfinished transactions.",
        discussion: """
            Asks a node; list and show also read the journal of a stopped one (--journal).
            """,
        subcommands: [List.self, Show.self, Resolve.self, Forget.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List unfinished transactions: first what is in doubt or ended otherwise.")
        @OptionGroup var source: TransactionSourceOptions
        @Option(help: "At most so many.") var limit = 100

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
        }

        func run() async throws {
            let found = try await source.reader().list(limit: limit)
            print(source.json ? TransactionText.json(found) : TransactionText.table(found))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one transaction, what it waits for, and what to do.")
        @OptionGroup var source: TransactionSourceOptions
        @Argument(help: "The transaction's id.") var id: String

        func run() async throws {
            let shown = try await source.reader().get(try TransactionsCommand.id(id))
            print(
                source.json ? TransactionText.json([shown]) : TransactionText.explanation(shown))
        }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the waiting for branches that cannot be reached.",
            discussion: """
                Where the commit is decided, the branches that were not told are recorded as \
                heuristic with this outcome: bring it about in the resource by hand. Where nobody \
                knows, the outcome becomes the decision.
                """)
        @OptionGroup var node: NodeOptions
        @Argument(help: "The transaction's id.") var id: String
        @Option(help: "committed or rolledBack.") var outcome: String
        @Option(help: "Why; it stays on record.") var reason: String

        func validate() throws {
            guard ["committed", "rolledBack"].contains(outcome) else {
                throw ValidationError("--outcome is committed or rolledBack.")
            }
        }

        func run() async throws {
            let id = try TransactionsCommand.id(id)
            try await NodeTransactionSource(node: node.node()).resolve(
                id, outcome: outcome, reason: reason)
            print("Transaction \(id) is resolved.")
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a heuristic outcome that you have seen to.")
        @OptionGroup var node: NodeOptions
        @Argument(help: "The transaction's id.") var id: String
        @Flag(help: "Do not ask the resources: for one that is gone for good.")
        var unchecked = false

        func run() async throws {
            let id = try TransactionsCommand.id(id)
            try await NodeTransactionSource(node: node.node()).forget(id, unchecked: unchecked)
            print("Transaction \(id) is forgotten.")
        }
    }

    private static func id(_ text: String) throws(RepriseError) -> TransactionID {
        guard let id = TransactionID(text: text) else {
            throw RepriseError(.invalidRequest, "\(text) is not a transaction's id: a UUID is.")
        }
        return id
    }
}
