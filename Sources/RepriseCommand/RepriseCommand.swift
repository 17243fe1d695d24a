internal import ArgumentParser
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
            """,
        version: RepriseVersion.current,
        subcommands: [
            ServeCommand.self, WorkerCommand.self, SessionsCommand.self, LogCommand.self,
            TopicsCommand.self, ConfigurationCommand.self, DemoCommand.self,
            DemoPartCommand.self,
        ])
}
