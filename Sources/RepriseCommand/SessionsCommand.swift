internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Reprise
internal import RepriseServer

/// `reprise sessions`: what is not finished, and an operator's word on it. With Kafka it folds the
/// topics itself; without, it asks the node.
struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List, explain and steer unfinished sessions.",
        subcommands: [List.self, Show.self, Requeue.self, Cancel.self, Park.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List unfinished sessions.")
        @OptionGroup var source: SessionSourceOptions
        @Option(help: "Only sessions of this kind.") var kind: String?
        @Option(help: "Only open, waiting, running or parked ones.") var phase: String?
        @Option(help: "At most so many.") var limit = 100

        func validate() throws {
            if let phase, PhaseName(rawValue: phase) == nil {
                throw ValidationError("--phase is open, waiting, running or parked.")
            }
            guard limit > 0 else { throw ValidationError("--limit takes 1 or more.") }
        }

        func run() async throws {
            let store = try source.store()
            let found = try await store.list(
                kind: kind, phase: phase.flatMap { PhaseName(rawValue: $0) }, limit: limit)
            if source.json {
                print(SessionText.json(found))
            } else {
                print(SessionText.table(found))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one session, why it is where it is, and what happens next.")
        @OptionGroup var source: SessionSourceOptions
        @Argument(help: "The session's id.") var id: String

        func run() async throws {
            let session = try await source.store().get(try SessionsCommand.id(id))
            print(source.json ? SessionText.json([session]) : SessionText.explanation(session))
        }
    }

    struct Requeue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a waiting or parked session due; a running one when its run ends.")
        @OptionGroup var source: SessionSourceOptions
        @Argument(help: "The session's id.") var id: String
        @Option(help: "Due after so many seconds.") var after = 0

        func validate() throws {
            guard (0...Self.longest).contains(after) else {
                throw ValidationError("--after takes 0 to \(Self.longest) seconds.")
            }
        }

        /// A century: nobody means more.
        private static let longest = 3_155_760_000

        func run() async throws {
            let id = try SessionsCommand.id(id)
            try await source.store().requeue(id, after: Int64(after) * 1_000)
            print("Session \(id) is requeued.")
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop a waiting or parked session for good.")
        @OptionGroup var source: SessionSourceOptions
        @Argument(help: "The session's id.") var id: String

        func run() async throws {
            let id = try SessionsCommand.id(id)
            try await source.store().cancel(id)
            print("Session \(id) is cancelled.")
        }
    }

    struct Park: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a waiting session aside until it is requeued.")
        @OptionGroup var source: SessionSourceOptions
        @Argument(help: "The session's id.") var id: String
        @Option(help: "Why, for whoever looks at it.") var reason = "Parked by an operator."

        func run() async throws {
            let id = try SessionsCommand.id(id)
            try await source.store().park(id, reason: reason)
            print("Session \(id) is parked.")
        }
    }

    private static func id(_ text: String) throws(RepriseError) -> SessionID {
        guard let id = SessionID(text: text) else {
            throw RepriseError(.invalidRequest, "\(text) is not a session's id: a UUID is.")
        }
        return id
    }
}
