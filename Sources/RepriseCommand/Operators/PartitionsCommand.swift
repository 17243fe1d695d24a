internal import ArgumentParser
internal import Foundation

/// `reprise partitions`: what a worker owns.
struct PartitionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partitions",
        abstract: "List the partitions that a worker owns or is taking over.")

    @OptionGroup var options: OperatorOptions

    func run() async throws {
        let body = try await options.node().send(.GET, "/v1/partitions")
        try options.show(body) { (answer: ShownPartitions) in
            PartitionText.table(answer.partitions)
        }
    }
}
