internal import ArgumentParser
internal import Foundation
internal import Model
internal import Reprise
internal import RepriseServer

/// Where settings come from: the options of every command that needs them.
struct SettingsOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: "The configuration file, YAML or JSON. Else $REPRISE_CONFIG, else none.")
    var file: String?

    @Option(
        name: .customLong("set"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A setting, before all other sources. See 'reprise config reference'.",
            valueName: "key=value"))
    var assignments: [String] = []

    /// Throws `configuration`.
    func load() throws -> Settings {
        let environment = ProcessInfo.processInfo.environment
        let flags = try assignments.map { text in
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
                throw RepriseError(
                    .configuration, "--set takes key=value; \"\(text.prefix(100))\" has no '='.")
            }
            return (key: String(text[..<sign]), value: String(text[text.index(after: sign)...]))
        }
        return try Settings.load(
            file: file ?? environment["REPRISE_CONFIG"], environment: environment, flags: flags)
    }

    /// The same for a process that runs already.
    func reload() throws(RepriseError) -> Settings {
        do {
            let settings = try load()
            // Before anything of it is used.
            try settings.reprise.validate()
            return settings
        } catch let error as RepriseError {
            throw error
        } catch {
            throw RepriseError(
                .configuration, "The configuration cannot be read.", cause: "\(error)")
        }
    }
}
