internal import ArgumentParser
internal import Foundation
internal import Reprise

/// `reprise dead-letters export`: letters as lines of JSON, to be looked through, edited, imported.
struct DeadLettersExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write dead letters to a file, one a line, as JSON.",
        discussion: """
            The letters stay where they are. Edit the records in the file and give them back with \
            'import'. The file holds payloads: only its owner may read it.
            """)

    @OptionGroup var options: OperatorOptions
    @OptionGroup var filter: DeadLetterFilter
    @Option(help: "At most so many.") var limit = 10_000
    @Option(name: .shortAndLong, help: "The file, which must not be there; else standard output.")
    var output: String?

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
    }

    func run() async throws {
        let source = try options.deadLetters()
        let file = try output.map { path throws(RepriseError) in try PrivateFile(creating: path) }
        let found = try await source.list(
            kind: try filter.checkedKind(), reason: try filter.checkedReason(), limit: limit)
        let bar = ProgressBar(unit: "dead letters")
        var gone = 0
        for (index, summary) in found.enumerated() {
            if file != nil { bar.show(index, of: found.count, failed: 0) }
            guard let id = SessionID(text: summary.id) else { continue }
            do {
                let line = try JSONText.line(LetterLine(try await source.get(id)))
                if let file { try file.write(line + "\n") } else { Output.write(line) }
            } catch let error as RepriseError where error.code == .notFound {
                // Somebody has seen to it since it was listed.
                gone += 1
            }
        }
        guard let output else { return }
        bar.show(found.count, of: found.count, failed: 0)
        bar.finish()
        let count = found.count - gone
        Output.write(
            options.json
                ? try JSONText.line(["exported": count])
                : "\(Words.count(count, "dead letter")) in \(output).")
    }
}

/// A new file that nobody but its owner may read.
struct PrivateFile {
    private let handle: FileHandle

    /// Throws `configuration`.
    init(creating path: String) throws(RepriseError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw RepriseError(
                .configuration, "Cannot make \(path): \(String(cString: strerror(errno))).")
        }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func write(_ text: String) throws { try handle.write(contentsOf: Data(text.utf8)) }
    func write(_ data: Data) throws { try handle.write(contentsOf: data) }
}
