internal import ArgumentParser
internal import Foundation
internal import Reprise
internal import RepriseServer

/// Which process an operator's command asks, and how it answers.
struct OperatorOptions: ParsableArguments {
    @OptionGroup var settings: SettingsOptions
    @Option(
        help: ArgumentHelp(
            "Ask the node or worker at this address; else that of the settings.",
            discussion: "The token comes from server.tokenFile or $REPRISE_SERVER_TOKEN."))
    var url: String?
    @Flag(help: "Print JSON: the API's, see schemas/openapi.yaml.") var json = false

    /// Throws `configuration`.
    func node() throws -> NodeSource {
        let server = try settings.load().server
        return NodeSource(url: try url ?? NodeAddress.url(of: server), token: server.token)
    }

    /// The answer as it came, or in words.
    func show<Answer: Decodable>(_ body: Data, _ text: (Answer) -> String) throws {
        let answer = try JSONDecoder().decode(Answer.self, from: body)
        Output.write(json ? String(decoding: body, as: UTF8.self) : text(answer))
    }
}

/// Where this machine reaches a process with these settings.
enum NodeAddress {
    static func url(of server: ServerConfiguration) throws(RepriseError) -> String {
        guard server.port > 0 else {
            throw RepriseError(
                .configuration, "server.port is 0: name the port that was chosen with --url.")
        }
        let host =
            switch server.host {
            case "0.0.0.0": "127.0.0.1"
            case "::", "[::]": "[::1]"
            case let host where host.contains(":") && !host.hasPrefix("["): "[\(host)]"
            default: server.host
            }
        return "\(server.scheme)://\(host):\(server.port)"
    }
}
