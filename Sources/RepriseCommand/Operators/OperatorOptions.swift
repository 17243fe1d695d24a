internal import ArgumentParser
internal import Foundation
internal import Reprise
internal import RepriseServer

/// Which process an operator's command asks, and how it answers.
struct OperatorOptions: ParsableArguments {
    @OptionGroup var process: NodeOptions
    @Flag(help: "Print JSON: the API's, see schemas/openapi.yaml.") var json = false

    /// Throws `configuration`.
    func node() throws -> NodeSource { try process.node() }

    /// The answer as it came, or in words.
    func show<Answer: Decodable>(_ body: Data, _ text: (Answer) -> String) throws {
        let answer = try JSONDecoder().decode(Answer.self, from: body)
        Output.write(json ? String(decoding: body, as: UTF8.self) : text(answer))
    }
}
