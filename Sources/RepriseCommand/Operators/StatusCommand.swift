internal import ArgumentParser
internal import Foundation

/// `reprise status`: one process at a glance.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a node or worker is at, and what needs somebody.",
        discussion: "Exit status 1 where the process is not ready, or sessions are unaccounted for."
    )

    @OptionGroup var options: OperatorOptions

    func run() async throws {
        let node = try options.node()
        let body = try await node.send(.GET, "/v1/status")
        let status = try JSONDecoder().decode(ShownStatus.self, from: body)
        if options.json {
            Output.write(String(decoding: body, as: UTF8.self))
        } else {
            let kinds = try await node.send(.GET, "/v1/kinds")
            Output.write(
                StatusText.text(
                    status, try JSONDecoder().decode(ShownKinds.self, from: kinds).kinds))
        }
        if !status.isSound { throw ExitStatus.trouble.exit }
    }
}
