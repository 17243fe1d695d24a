internal import ArgumentParser
internal import RepriseDemo

/// `reprise demo-part`: one process of the demo. Not for people.
struct DemoPartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-part", abstract: "One process of the demo.", shouldDisplay: false)

    @Argument var part: String
    @Option var directory = ""
    @Option var port = 0
    @Option var number = 0

    func run() async throws {
        guard let part = DemoPart(rawValue: part) else {
            throw ValidationError("No part of the demo is called \(part).")
        }
        try await part.run(directory: directory, port: port, number: number)
    }
}
