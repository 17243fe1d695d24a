internal import ArgumentParser
internal import Foundation
internal import Reprise

/// `reprise dead-letters`: what was set aside, and an operator's word on it.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "List, mend and requeue what was set aside.",
        discussion: "With Kafka, every node and worker answers for the whole group.",
        subcommands: [
            List.self, Show.self, DeadLettersEdit.self, DeadLettersRequeue.self, Cancel.self,
            DeadLettersExport.self, DeadLettersImport.self, Batches.self, Stop.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List dead letters.")
        @OptionGroup var options: OperatorOptions
        @OptionGroup var filter: DeadLetterFilter
        @Option(help: "At most so many.") var limit = 100

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
        }

        func run() async throws {
            let letters = try await options.deadLetters().list(
                kind: try filter.checkedKind(), reason: try filter.checkedReason(), limit: limit)
            Output.write(
                options.json
                    ? try JSONText.pretty(ShownDeadLetters(deadLetters: letters))
                    : DeadLetterText.table(letters))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one dead letter with its records, and why it is here.")
        @OptionGroup var options: OperatorOptions
        @Argument(help: "The session's id.") var id: String

        func run() async throws {
            let id = try SessionID(checkingArgument: id)
            let body = try await options.node().send(.GET, "/v1/dead-letters/\(id)")
            try options.show(body) { DeadLetterText.explanation($0) }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop a dead letter for good. Nobody finishes its work.")
        @OptionGroup var options: OperatorOptions
        @Argument(help: "The session's id.") var id: String

        func run() async throws {
            let id = try SessionID(checkingArgument: id)
            try await options.deadLetters().cancel(id)
            Output.write(options.json ? #"{"id":"\#(id)"}"# : "The dead letter \(id) is cancelled.")
        }
    }

    struct Batches: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the process's batches of requeues, running and over.")
        @OptionGroup var options: OperatorOptions

        func run() async throws {
            let body = try await options.node().send(.GET, "/v1/batches")
            try options.show(body) { (answer: ShownBatches) in
                DeadLetterText.table(answer.batches)
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a batch of requeues; what was requeued stays so.")
        @OptionGroup var options: OperatorOptions
        @Argument(help: "The batch's id.") var id: String

        func run() async throws {
            let id = try SessionID(checkingArgument: id)
            let batch = try await options.deadLetters().stop(id.description)
            Output.write(options.json ? try JSONText.line(batch) : DeadLetterText.result(batch))
        }
    }
}

extension OperatorOptions {
    func deadLetters() throws -> DeadLetterSource { DeadLetterSource(node: try node()) }
}

/// Which dead letters are meant.
struct DeadLetterFilter: ParsableArguments {
    @Option(help: "Only of this kind.") var kind: String?
    @Option(help: "Only those parked with this code, such as attemptsExhausted.")
    var reason: String?

    var isEmpty: Bool { kind == nil && reason == nil }

    /// Throws `invalidRequest`. A checked name can stand in a query as it is.
    func checkedKind() throws(RepriseError) -> String? {
        guard let kind else { return nil }
        return try Kind(kind).name
    }

    /// Throws `invalidRequest`.
    func checkedReason() throws(RepriseError) -> String? {
        guard let reason else { return nil }
        guard let code = ErrorCode(rawValue: reason) else {
            throw RepriseError(
                .invalidRequest, "\"\(reason)\" is no code: schemas/errors has a page for each.")
        }
        return code.rawValue
    }
}

extension SessionID {
    /// Throws `invalidRequest`.
    init(checkingArgument text: String) throws(RepriseError) {
        guard let id = SessionID(text: text) else {
            throw RepriseError(.invalidRequest, "\(text) is not an id: a UUID is.")
        }
        self = id
    }
}
