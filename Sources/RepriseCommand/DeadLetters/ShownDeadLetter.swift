internal import Foundation
internal import Reprise

struct ShownDeadLetters: Codable {
    var deadLetters: [ShownSession]
    var next: String?
}

/// A batch as `/v1/batches` tells it.
struct ShownBatch: Codable, Sendable {
    var id: String
    var state: String
    var by: String
    var startedMs: Int64
    /// Nil until the letters have been found.
    var total: Int?
    var requeued: Int
    var missing: Int
    var failed: Int
    var error: ShownRefusal.Part?
    var perSecond: Int
    var spreadMs: Int64

    var done: Int { requeued + missing + failed }
}

struct ShownBatches: Codable {
    var batches: [ShownBatch]
}

/// Dead letters and batches in words.
enum DeadLetterText {
    static func table(_ letters: [ShownSession]) -> String {
        guard !letters.isEmpty else { return "No dead letters." }
        var table = TextTable([
            .text("ID"), .text("KIND"), .text("SINCE"), .number("ATTEMPTS"), .number("BYTES"),
            .text("REASON"), .text("DETAIL"),
        ])
        for letter in letters {
            table.add([
                letter.id, letter.kind, letter.parked.map { Words.time($0.timeMs) } ?? "-",
                "\(letter.attempts)", "\(letter.bytes)", letter.parked?.reason ?? "",
                letter.parked?.detail ?? "",
            ])
        }
        return table.text
    }

    static func table(_ batches: [ShownBatch]) -> String {
        guard !batches.isEmpty else { return "No batches since the process started." }
        var table = TextTable([
            .text("ID"), .text("STATE"), .text("STARTED"), .text("BY"), .number("TOTAL"),
            .number("REQUEUED"), .number("MISSING"), .number("FAILED"), .number("RATE"),
        ])
        for batch in batches {
            table.add([
                batch.id, batch.state, Words.time(batch.startedMs), batch.by,
                batch.total.map { "\($0)" } ?? "-", "\(batch.requeued)", "\(batch.missing)",
                "\(batch.failed)", "\(batch.perSecond)/s",
            ])
        }
        return table.text
    }

    /// What became of one that is over.
    static func result(_ batch: ShownBatch) -> String {
        var text = "\(batch.requeued) of \(batch.total ?? 0) dead letters are requeued"
        if batch.missing > 0 { text += ", \(batch.missing) were no longer there" }
        if batch.failed > 0 { text += ", \(batch.failed) failed" }
        if batch.state == "cancelled" { text += "; the batch was stopped" }
        text += "."
        if let error = batch.error { text += " The last failure, \(error.code): \(error.message)" }
        return TextTable.plain(text)
    }

    /// One letter with its records.
    static func explanation(_ letter: ShownSession) -> String {
        var lines = [TextTable.plain("\(letter.id)  \(letter.kind)")]
        if let parked = letter.parked {
            lines.append(
                "parked    \(Words.time(parked.timeMs)), \(TextTable.plain(parked.reason))")
            lines.append("because   \(TextTable.plain(parked.detail))")
        }
        lines.append("attempts  \(letter.attempts)")
        for attempt in letter.history ?? [] {
            lines.append(
                "  \(attempt.attempt)  \(Words.time(attempt.timeMs))  "
                    + TextTable.plain(attempt.reason) + (attempt.counted ? "" : " (not counted)"))
        }
        for (index, text) in (letter.records ?? []).enumerated() {
            let bytes = Data(base64Encoded: text) ?? Data()
            lines.append("record \(index + 1), \(bytes.count) bytes:")
            let shown = String(validating: bytes, as: UTF8.self)
            lines += (shown ?? text).split(separator: "\n", omittingEmptySubsequences: false)
                .map { "  " + TextTable.plain(String($0)) }
        }
        lines.append("next      nothing, until somebody requeues, edits or cancels it")
        return lines.joined(separator: "\n")
    }
}
