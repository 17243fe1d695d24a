internal import ArgumentParser
internal import Foundation
internal import Reprise

/// `reprise kinds`: what holds each kind up; stops and starts one.
struct KindsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kinds", abstract: "List, pause and resume kinds of sessions.",
        discussion: """
            A pause holds for the process that is asked: to stop a kind in the whole group, ask every \
            worker (--url).
            """,
        subcommands: [List.self, Pause.self, Resume.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the kinds of a process, with what holds them up.")
        @OptionGroup var options: OperatorOptions

        func run() async throws {
            let body = try await options.node().send(.GET, "/v1/kinds")
            try options.show(body) { (answer: ShownKinds) in KindText.table(answer.kinds) }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand nothing of the kind out until it is resumed; what runs goes on.")
        @OptionGroup var options: OperatorOptions
        @Argument(help: "The kind.") var kind: String
        @Option(help: "Why, for whoever looks at it.") var reason = "Paused by an operator."

        func run() async throws {
            let kind = try Kind(kind)
            let body = try await options.node().send(
                .POST, "/v1/kinds/\(kind.name)/pause", ["reason": reason])
            try options.show(body) { (_: ShownKind) in "The kind \(kind.name) is paused." }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand a paused kind out again, oldest first, as its places and rate allow.")
        @OptionGroup var options: OperatorOptions
        @Argument(help: "The kind.") var kind: String

        func run() async throws {
            let kind = try Kind(kind)
            let body = try await options.node().send(
                .POST, "/v1/kinds/\(kind.name)/resume", [String: String]())
            try options.show(body) { (_: ShownKind) in "The kind \(kind.name) is resumed." }
        }
    }
}
