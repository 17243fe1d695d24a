internal import Foundation

/// A process as `/v1/status` tells it.
struct ShownStatus: Codable, Sendable {
    struct Part: Codable, Sendable {
        var name: String
        var ready: Bool
        var detail: String
    }

    struct Journal: Codable, Sendable {
        var bytes: Int64
        var maxBytes: Int64
        var isDiskFull: Bool
    }

    struct MirrorState: Codable, Sendable {
        var lagMessages: UInt64
        var lagMs: Int64
        var error: ShownRefusal.Part?
    }

    struct Transactions: Codable, Sendable {
        var inDoubt: Int
        var heuristic: Int
    }

    var role: String
    var node: String
    var version: String
    var startedMs: Int64
    var nowMs: Int64
    var isReady: Bool
    var parts: [Part]
    var sessions: ShownCounts
    var totals: ShownTotals
    var conservationDifference: Int64
    var ready: Int
    var dueLagMs: Int64
    var journal: Journal?
    var mirror: MirrorState?
    var transactions: Transactions

    /// Whether the process can work and has lost nothing.
    var isSound: Bool { isReady && conservationDifference == 0 }
}

/// What a process is at, in words.
enum StatusText {
    static func text(_ status: ShownStatus, _ kinds: [ShownKind]) -> String {
        let plain = TextTable.plain
        var lines = [
            "\(plain(status.node))  \(status.role), version \(plain(status.version)), up "
                + Words.duration(status.nowMs - status.startedMs),
            "ready     \(status.isReady ? "yes" : "no")",
            "sessions  \(status.sessions.text)",
            "due       \(due(status))", "so far    \(status.totals.text)",
        ]
        if let journal = status.journal {
            lines.append(
                "journal   \(Words.bytes(journal.bytes)) of \(Words.bytes(journal.maxBytes))")
        }
        if let mirror = status.mirror {
            lines.append(
                mirror.lagMessages == 0
                    ? "mirror    up to date"
                    : "mirror    \(mirror.lagMessages) frames behind, for "
                        + Words.duration(mirror.lagMs))
        }
        let needs = troubles(status) + kinds.flatMap { troubles($0, now: status.nowMs) }
        if needs.isEmpty {
            lines.append("Nothing needs you.")
        } else {
            lines.append("This needs somebody:")
            lines += needs.map { "  " + plain($0) }
        }
        return lines.joined(separator: "\n")
    }

    private static func due(_ status: ShownStatus) -> String {
        guard status.ready > 0 || status.dueLagMs > 0 else { return "nothing waits for a place" }
        return "\(status.ready) wait for a place, the oldest for "
            + Words.duration(status.dueLagMs)
    }

    /// What is wrong with the process, with what to do.
    static func troubles(_ status: ShownStatus) -> [String] {
        var found = status.parts.filter { !$0.ready }.map {
            "\($0.name) is not ready: \($0.detail)"
        }
        if status.conservationDifference != 0 {
            found.append(
                "\(status.conservationDifference) sessions are unaccounted for: a defect. See "
                    + "schemas/errors/conservation.md.")
        }
        if status.journal?.isDiskFull == true {
            found.append("New sessions are refused (diskFull): make room on the journal's disk.")
        }
        if let error = status.mirror?.error {
            found.append("The mirror fails (\(error.code)): \(error.message)")
        }
        let transactions = status.transactions
        if transactions.inDoubt + transactions.heuristic > 0 {
            found.append(
                "\(transactions.inDoubt) transactions are in doubt, \(transactions.heuristic) ended "
                    + "otherwise than decided.")
        }
        let parked = max(Int64(status.sessions.parked), status.totals.deadLettered)
        if parked > 0 {
            found.append(
                "\(Words.count(Int(clamping: parked), "session")) set aside: "
                    + "'reprise dead-letters list'.")
        }
        return found
    }

    /// What holds a kind up.
    private static func troubles(_ kind: ShownKind, now: Int64) -> [String] {
        var found: [String] = []
        if let pause = kind.pause {
            found.append(
                "\(kind.kind) is paused by \(pause.by) for \(Words.duration(now - pause.sinceMs)): "
                    + "\(pause.reason) 'reprise kinds resume \(kind.kind)' ends it.")
        }
        if let breaker = kind.breaker, breaker.state != "closed" {
            found.append(
                "The breaker of \(kind.kind) is \(breaker.state): its handler fails. It is tried "
                    + "again by itself.")
        }
        if !kind.hasHandler, kind.sessions.waiting > 0, kind.ready > 0 {
            found.append(
                "\(kind.kind) has no handler here, and \(Words.count(kind.ready, "session")) due: "
                    + "set kinds.\(kind.kind).handler.url.")
        }
        return found
    }
}
