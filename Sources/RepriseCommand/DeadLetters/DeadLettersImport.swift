internal import ArgumentParser
internal import Foundation
internal import Reprise

/// `reprise dead-letters import`: gives letters back with the records of a file.
struct DeadLettersImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Requeue the dead letters of an exported file with the records it has.",
        discussion: """
            The whole file is read first; where a line is wrong, nothing is requeued. Letters that are \
            no longer there are counted and passed over, so the same file can be imported again after \
            an interruption. Exit status 1 where a letter failed.
            """)

    struct Report: Codable {
        var requeued = 0
        var missing = 0
        var failed = 0
    }

    @OptionGroup var options: OperatorOptions
    @Argument(help: "The file; - is standard input.", completion: .file()) var file: String
    @Option(help: "So many letters a second, up to 1000.") var perSecond = 10
    @Option(help: "Each is due at a random time within so many seconds, at most a day.")
    var spread = 0

    func validate() throws {
        guard (1...1_000).contains(perSecond), (0...86_400).contains(spread) else {
            throw ValidationError("--per-second is 1 to 1000, --spread 0 to 86400 seconds.")
        }
    }

    func run() async throws {
        let orders = try LetterLine.orders(in: try InputFile.text(file))
        let source = try options.deadLetters()
        let bar = ProgressBar(unit: "dead letters")
        var report = Report()
        var last: RepriseError?
        for (index, order) in orders.enumerated() {
            bar.show(index, of: orders.count, failed: report.failed)
            if index > 0 { try await Task.sleep(for: .seconds(1) / perSecond) }
            do {
                try await source.requeue(
                    order.id, after: Int64.random(in: 0...Int64(spread) * 1_000),
                    records: order.records)
                report.requeued += 1
            } catch let error as RepriseError {
                switch error.code {
                case .notFound: report.missing += 1
                // The others would fail as well.
                case .unauthorized, .forbidden, .handlerUnavailable: throw error
                default:
                    report.failed += 1
                    last = error
                }
            }
        }
        bar.show(orders.count, of: orders.count, failed: report.failed)
        bar.finish()
        Output.write(options.json ? try JSONText.line(report) : Self.text(report, last))
        if report.failed > 0 { throw ExitStatus.trouble.exit }
    }

    private static func text(_ report: Report, _ last: RepriseError?) -> String {
        var text = "\(Words.count(report.requeued, "dead letter")) requeued"
        if report.missing > 0 { text += ", \(report.missing) were no longer there" }
        if report.failed > 0 { text += ", \(report.failed) failed" }
        text += "."
        if let last { text += " The last failure, \(last)" }
        return text
    }
}

/// A file that a command is given.
enum InputFile {
    /// `-` is standard input. Throws `configuration`.
    static func data(_ path: String) throws(RepriseError) -> Data {
        do {
            if path == "-" { return try FileHandle.standardInput.readToEnd() ?? Data() }
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw RepriseError(.configuration, "Cannot read \(path).", cause: "\(error)")
        }
    }

    /// Throws `configuration`.
    static func text(_ path: String) throws(RepriseError) -> String {
        guard let text = String(validating: try data(path), as: UTF8.self) else {
            throw RepriseError(.configuration, "\(path) is not UTF-8 text.")
        }
        return text
    }
}
