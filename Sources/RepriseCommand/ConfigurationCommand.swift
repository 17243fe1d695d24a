internal import ArgumentParser
internal import Model
internal import Reprise
internal import RepriseServer

/// `reprise config`: what can be set, and whether what is set can be used.
struct ConfigurationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Describe or check the configuration.",
        subcommands: [Reference.self, Metrics.self, Check.self])

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every key with its type, default and range, as Markdown.")

        func run() {
            print(SettingsReference.markdown, terminator: "")
        }
    }

    struct Metrics: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every metric with its type, labels and meaning, as Markdown.")

        func run() {
            print(ServerMetrics.markdown, terminator: "")
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read the configuration and tell what is wrong with it.")

        @OptionGroup var settings: SettingsOptions

        func run() throws {
            let loaded = try settings.load()
            // What single values cannot tell, as a start checks it.
            try loaded.reprise.validate()
            for warning in loaded.warnings { print("warning: \(warning)") }
            let kinds = loaded.reprise.kinds.keys.map(\.name).sorted()
            print("The configuration can be used. Kinds: \(kinds.joined(separator: ", "))")
        }
    }
}
