internal import ArgumentParser
internal import Foundation
internal import Reprise

/// `reprise`: the program.
@main
struct RepriseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reprise",
        abstract: "Crash recovery for multi-step work.",
        discussion: """
            A service writes down what it is about to do, does it, and strikes it out. What is not \
            struck out in time is handed to a handler that finishes or undoes it.

            \(ExitStatus.help)
            """,
        version: RepriseVersion.current,
        subcommands: [
            ServeCommand.self, WorkerCommand.self, StatusCommand.self, SessionsCommand.self,
            TransactionsCommand.self,
            DeadLettersCommand.self, KindsCommand.self, PartitionsCommand.self, LogCommand.self,
            TopicsCommand.self,
            DoctorCommand.self, ConfigurationCommand.self, DemoCommand.self, DemoPartCommand.self,
        ])

    static func main() async {
        do {
            try await run(try parseAsRoot())
        } catch let error as RepriseError {
            try? FileHandle.standardError.write(contentsOf: Data("Error: \(error)\n".utf8))
            Foundation.exit(ExitStatus(error.code).rawValue)
        } catch {
            exit(withError: error)
        }
    }

    /// What `main` does, for tests too.
    static func run(_ command: any ParsableCommand) async throws {
        var command = command
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }
}
