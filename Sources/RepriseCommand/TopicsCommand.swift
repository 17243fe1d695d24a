internal import ArgumentParser
internal import Logging
internal import Reprise
internal import RepriseServer

/// `reprise topics`: makes or checks the topics.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "Make or check the Kafka topics.",
        subcommands: [Create.self, Check.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the topics that are missing, then check them all.")
        @OptionGroup var options: SettingsOptions

        func run() async throws {
            try await TopicsCommand.run(options, creates: true)
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that the topics are there and cannot lose a session.")
        @OptionGroup var options: SettingsOptions

        func run() async throws {
            try await TopicsCommand.run(options, creates: false)
        }
    }

    private static func run(_ options: SettingsOptions, creates: Bool) async throws {
        let settings = try options.load()
        let (logger, _) = Telemetry.start(settings)
        let count = try await TopicSetup.run(
            settings.reprise, creates: creates, logger: logger)
        let topics = settings.reprise.topics
        print("\(topics.sessions): \(count) partitions; \(topics.deadLetters): ready.")
    }
}
