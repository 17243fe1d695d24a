internal import ArgumentParser
internal import Foundation
internal import Reprise

/// `reprise dead-letters requeue`: one at once, many with a rate.
struct DeadLettersRequeue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue", abstract: "Give dead letters back to their handlers.",
        discussion: """
            Name them by id, by --kind and --reason, or take --all. Several go back as a batch of the \
            process that is asked, so many a second; it goes on when this command is interrupted, \
            and 'stop' ends it. Exit status 1 where not all went back.
            """)

    @OptionGroup var options: OperatorOptions
    @OptionGroup var filter: DeadLetterFilter
    @Argument(help: "Ids.") var ids: [String] = []
    @Flag(help: "All of them.") var all = false
    @Option(help: "One letter: due after so many seconds.") var after: Int = 0
    @Option(help: "So many letters a second, up to 1000.") var perSecond = 10
    @Option(help: "Each is due at a random time within so many seconds, at most a day.")
    var spread = 0
    @Option(help: "At most so many, up to 10000.") var limit = 1_000
    @Flag(help: "Start the batch and do not wait for its end.") var detach = false

    func validate() throws {
        if ids.isEmpty, filter.isEmpty, !all {
            throw ValidationError("Name ids, --kind, --reason, or --all.")
        }
        if all, !(ids.isEmpty && filter.isEmpty) {
            throw ValidationError("--all goes without ids, --kind and --reason.")
        }
        guard (0...31_536_000).contains(after), (0...86_400).contains(spread) else {
            throw ValidationError("--after is 0 to a year, --spread 0 to a day, in seconds.")
        }
        if after > 0, ids.count != 1 {
            throw ValidationError("--after is for one id; several take --spread.")
        }
    }

    func run() async throws {
        let source = try options.deadLetters()
        let ids = try ids.map { text throws(RepriseError) in
            try SessionID(checkingArgument: text)
        }
        if ids.count == 1, filter.isEmpty, spread == 0 {
            try await source.requeue(ids[0], after: Int64(after) * 1_000, records: nil)
            Output.write(
                options.json
                    ? #"{"id":"\#(ids[0])"}"# : "The dead letter \(ids[0]) is requeued.")
            return
        }
        var batch = try await source.start(
            RequeueWish(
                kind: try filter.checkedKind(), reason: try filter.checkedReason(),
                ids: ids.isEmpty ? nil : ids.map(\.description), perSecond: perSecond,
                spreadMs: Int64(spread) * 1_000, limit: limit))
        if !detach { batch = try await Self.follow(batch, in: source) }
        Output.write(
            options.json
                ? try JSONText.line(batch)
                : detach
                    ? "The batch \(batch.id) has begun." : DeadLetterText.result(batch))
        try Self.check(batch)
    }

    /// Asks until it is over. The process that has it works by itself: this only looks.
    private static func follow(
        _ batch: ShownBatch, in source: DeadLetterSource
    ) async throws -> ShownBatch {
        let bar = ProgressBar(unit: "dead letters")
        var batch = batch
        while batch.state == "running" {
            bar.show(batch.done, of: batch.total, failed: batch.failed)
            try await Task.sleep(for: .milliseconds(200))
            batch = try await source.batch(batch.id)
        }
        bar.show(batch.done, of: batch.total, failed: batch.failed)
        bar.finish()
        return batch
    }

    private static func check(_ batch: ShownBatch) throws {
        let isWell = ["running", "done"].contains(batch.state) && batch.failed == 0
        if !isWell { throw ExitStatus.trouble.exit }
    }
}
