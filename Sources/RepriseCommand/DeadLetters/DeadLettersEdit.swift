internal import ArgumentParser
internal import Foundation
internal import Reprise

/// `reprise dead-letters edit`: mends one record and gives the letter back.
struct DeadLettersEdit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Mend a record of a dead letter and requeue it.",
        discussion: """
            Opens the record in $VISUAL or $EDITOR, byte by byte as it is. Where nothing was changed, \
            nothing is requeued. To add or remove records, or to mend many letters, take 'export' and \
            'import'.
            """)

    @OptionGroup var options: OperatorOptions
    @Argument(help: "The session's id.") var id: String
    @Option(help: "Which record, from 1; needed where there are several.") var record: Int?
    @Option(
        help: "Take the record from this file instead of an editor; - is standard input.",
        completion: .file())
    var from: String?
    @Option(help: "Due after so many seconds.") var after = 0

    func validate() throws {
        guard (0...31_536_000).contains(after) else {
            throw ValidationError("--after is 0 to a year, in seconds.")
        }
    }

    func run() async throws {
        let id = try SessionID(checkingArgument: id)
        let source = try options.deadLetters()
        var records = (try await source.get(id).records ?? []).map {
            Data(base64Encoded: $0) ?? Data()
        }
        let index = try Self.index(record, of: records.count)
        let draft: RecordDraft? =
            from == nil ? try RecordDraft(records[index], of: id) : nil
        let edited =
            if let from { try InputFile.data(from) } else { try await draft?.edit() ?? Data() }
        guard edited != records[index] else {
            draft?.remove()
            Output.write("Nothing was changed, nothing was requeued.")
            return
        }
        records[index] = edited
        do {
            try await source.requeue(id, after: Int64(after) * 1_000, records: records)
        } catch var error as RepriseError {
            if let draft { error.message += " What you wrote is in \(draft.path)." }
            throw error
        }
        draft?.remove()
        Output.write(
            options.json
                ? #"{"id":"\#(id)"}"#
                : "Record \(index + 1) of \(id) is replaced, and the dead letter requeued.")
    }

    /// Throws `invalidRequest`.
    static func index(_ number: Int?, of count: Int) throws(RepriseError) -> Int {
        guard count > 0 else {
            throw RepriseError(
                .invalidRequest,
                "The dead letter has no records to edit: 'export' and 'import' can give it some.")
        }
        guard let number = number ?? (count == 1 ? 1 : nil) else {
            throw RepriseError(
                .invalidRequest, "It has \(count) records: say which one with --record 1…\(count).")
        }
        guard (1...count).contains(number) else {
            throw RepriseError(
                .invalidRequest, "It has \(count) records; there is no number \(number).")
        }
        return number - 1
    }
}

/// A record in a file for an editor. It holds a payload: only its owner may read it.
struct RecordDraft {
    let path: String
    private let original: Data

    init(_ record: Data, of id: SessionID) throws {
        original = record
        path =
            FileManager.default.temporaryDirectory
            .appending(path: "reprise-\(id)-\(UUID().uuidString)").path
        try PrivateFile(creating: path).write(record)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// What it is after the editor has ended. Throws `configuration`.
    func edit() async throws -> Data {
        let environment = ProcessInfo.processInfo.environment
        let editor = environment["VISUAL"] ?? environment["EDITOR"] ?? "vi"
        let command = "\(editor) '\(path.replacing("'", with: "'\\''"))'"
        // An editor needs the terminal, so it must be in this process's group: `Process` makes another.
        let status = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: system(command)) }
        }
        guard status == 0 else {
            remove()
            throw RepriseError(
                .configuration,
                "The editor \"\(editor)\" failed: set EDITOR, or give the record with --from. Nothing "
                    + "was requeued.")
        }
        return RecordDraft.withoutEditorsNewline(try InputFile.data(path), original)
    }

    /// Editors end a file with a newline; a record that had none does not want it.
    static func withoutEditorsNewline(_ edited: Data, _ original: Data) -> Data {
        let newline = UInt8(ascii: "\n")
        guard edited.last == newline, original.last != newline else { return edited }
        return edited.dropLast()
    }
}
