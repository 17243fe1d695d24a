internal import ArgumentParser
internal import Journal
internal import Model
internal import Platform
internal import Transactions
internal import WAL

/// `reprise log`: looks at the journal of a stopped node, and mends it.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Verify, dump or repair the journal of a stopped node.",
        subcommands: [Verify.self, Dump.self, Repair.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every frame; exit status 1 where acknowledged data is damaged.")
        @Argument(help: "The journal's directory.") var directory: String

        func run() throws {
            try LogCommand.requireDirectory(directory)
            let report = try LogVerifier.verify(directory: directory)
            LogCommand.show(report)
            if report.damage.isEmpty {
                print("The journal is sound.")
                return
            }
            let hit = try SessionsHit.find(in: directory)
            print("Sessions hit, as far as they can be named:")
            for id in hit.sorted() { print("  \(id)") }
            print("Next: 'reprise log repair \(directory)'. See schemas/errors/journalDamaged.md.")
            throw ExitCode(1)
        }
    }

    struct Dump: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every frame, one a line. Records are shown as their length.")
        @Argument(help: "The journal's directory.") var directory: String

        func run() throws {
            try LogCommand.requireDirectory(directory)
            try LogDump.forEachFrame(directory: directory) { (place, payload) in
                print(FrameText.line(place, payload))
            }
        }
    }

    struct Repair: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a damaged journal usable from what can be read.",
            discussion: """
                Keeps the frames before the first damage and, with --keep-readable, those after it \
                that can be read. Nothing is deleted: the old segments move to a folder beside.
                """)
        @Argument(help: "The journal's directory.") var directory: String
        @Flag(help: "Keep readable frames after the damage too.")
        var keepReadable = false

        func run() throws {
            try LogCommand.requireDirectory(directory)
            let outcome = try LogRepair.run(directory: directory, keepReadable: keepReadable)
            guard let moved = outcome.movedTo else {
                print("The journal is sound; nothing was changed.")
                return
            }
            LogCommand.show(outcome.before)
            print("Kept \(outcome.keptFrames) frames, left out \(outcome.leftOut) readable ones.")
            print("The old segments are in \(moved). The next frame is \(outcome.next).")
        }
    }

    private static func requireDirectory(_ path: String) throws(RepriseError) {
        // Looking must not make a journal where there was none.
        guard let names = try? RealFileSystem().list(path), !names.isEmpty else {
            throw RepriseError(
                .journalIO, "There is no journal in \(path). Name a node's journal.directory.")
        }
    }

    private static func show(_ report: LogReport) {
        for segment in report.segments {
            print("\(segment.name): \(segment.frames) frames from \(segment.base)")
        }
        if let tail = report.tornTail {
            print("\(tail.file): a write was cut short; the next start cuts it off. Not damage.")
        }
        for damage in report.damage { print("DAMAGE: \(damage.error.message)") }
    }
}

/// A frame in words: never a record's content.
enum FrameText {
    static func line(_ place: FramePlace, _ payload: UnsafeRawBufferPointer) -> String {
        "\(place.lsn) \(text(place.kind, payload))"
    }

    private static func text(_ kind: UInt8, _ payload: UnsafeRawBufferPointer) -> String {
        switch FrameKind(rawValue: kind) {
        case .event: return event(payload)
        case .batch:
            var parts: [String] = []
            let read: Void? = try? EventBatch.forEach(in: payload) { _, bytes in
                parts.append(event(bytes))
            }
            return read == nil
                ? "batch, unreadable" : "batch [" + parts.joined(separator: "; ") + "]"
        case .mirrored:
            return MirrorPosition(payload).map { "mirrored through \($0.sequence)" }
                ?? "mirrored, unreadable"
        case .transaction:
            return (try? TransactionRecord(decoding: payload)).map(transaction)
                ?? "transaction, unreadable"
        case nil: return "kind \(kind), \(payload.count) bytes"
        }
    }

    private static func transaction(_ record: TransactionRecord) -> String {
        var text = "transaction \(record.transaction) \(record.step)"
        let outline = record.outline
        for branch in outline.branches {
            text += " \(branch.resource)/\(branch.number)"
            if let heuristic = branch.heuristic { text += "=\(heuristic)" }
        }
        if let asked = outline.asked { text += " asked \(asked)" }
        if !outline.actions.isEmpty { text += " actions \(outline.actions.count)" }
        if !outline.messages.isEmpty { text += " messages \(outline.messages.count)" }
        if let finish = outline.finish { text += " finish \(finish.session)" }
        if !record.reason.isEmpty { text += ": \(record.reason)" }
        return text
    }

    private static func event(_ bytes: UnsafeRawBufferPointer) -> String {
        guard let event = try? Event(decoding: bytes) else {
            return "unreadable event, \(bytes.count) bytes"
        }
        let name = event.body.type?.wireName ?? "unknown"
        var text = name
        if event.session != Event.noSession { text += " \(event.session)" }
        if event.sequence > 0 { text += " #\(event.sequence)" }
        switch event.body {
        case .opened(let opening):
            text += " \(opening.kind) lease \(opening.lease)"
            if let record = opening.record { text += " record \(record.count) B" }
        case .appended(let write), .replaced(let write):
            text += " record \(write.record.count) B until \(write.until)"
        case .extended(let until, _): text += " until \(until)"
        case .closed(let due): text += " due \(due)"
        case .claimed(let claim): text += " attempt \(claim.attempt) until \(claim.deadline)"
        case .retried(let retry):
            text += " due \(retry.due)\(retry.counted ? "" : " uncounted"): \(retry.reason)"
        case .parked(let parking, _): text += " \(parking.reason.rawValue): \(parking.detail)"
        case .owner(let writer): text += " \(writer.text)"
        default: break
        }
        return text
    }
}
