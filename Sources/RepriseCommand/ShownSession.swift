internal import Foundation
internal import Reprise
internal import RepriseServer

/// A session as the command shows it: the members of the HTTP API's JSON.
struct ShownSession: Codable, Sendable {
    struct RunPart: Codable, Sendable {
        var attempt: UInt32
        var token: String
        var deadlineMs: Int64
    }

    struct ParkedPart: Codable, Sendable {
        var reason: String
        var detail: String
        var timeMs: Int64
    }

    struct AttemptPart: Codable, Sendable {
        var attempt: UInt32
        var timeMs: Int64
        var counted: Bool
        var reason: String
    }

    var id: String
    var kind: String
    var phase: String
    var createdMs: Int64
    var dueMs: Int64?
    var attempts: UInt32
    var recordCount: Int
    var bytes: Int
    var partition: UInt32
    var version: UInt32
    var run: RunPart?
    var parked: ParkedPart?
    var records: [String]?
    var history: [AttemptPart]?

    init(_ session: Session) {
        id = session.id.description
        kind = session.kind.name
        phase = PhaseName(session.phase).rawValue
        createdMs = session.created.milliseconds
        dueMs = session.due?.milliseconds
        attempts = session.attempts
        recordCount = session.records.count
        bytes = session.bytes
        partition = session.partition
        version = session.version
        if let run = session.run {
            self.run = RunPart(
                attempt: run.attempt, token: run.token.description,
                deadlineMs: run.deadline.milliseconds)
        }
        if case .parked(let parking) = session.phase {
            parked = ParkedPart(
                reason: parking.reason.rawValue, detail: parking.detail,
                timeMs: parking.time.milliseconds)
        }
        records = session.records.map { Data($0).base64EncodedString() }
        history = session.history.map {
            AttemptPart(
                attempt: $0.number, timeMs: $0.time.milliseconds, counted: $0.counted,
                reason: $0.reason)
        }
    }
}

struct ShownPage: Codable {
    var sessions: [ShownSession]
}

struct ShownRefusal: Codable {
    struct Part: Codable {
        var code: String
        var message: String
    }

    var error: Part
}

/// Sessions in words.
enum SessionText {
    static func json(_ sessions: [ShownSession]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let data = (try? encoder.encode(ShownPage(sessions: sessions))) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    static func table(_ sessions: [ShownSession]) -> String {
        guard !sessions.isEmpty else { return "No unfinished sessions." }
        var rows = [["ID", "KIND", "PHASE", "DUE", "ATTEMPTS", "WHY"]]
        for session in sessions {
            rows.append([
                session.id, session.kind, session.phase, session.dueMs.map(when) ?? "-",
                "\(session.attempts)", session.parked?.reason ?? "",
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
                .joined(separator: "  ")
        }.joined(separator: "\n")
    }

    static func explanation(_ session: ShownSession) -> String {
        var lines = [
            "session   \(session.id)", "kind      \(session.kind)",
            "opened    \(when(session.createdMs))", "phase     \(session.phase)",
            "attempts  \(session.attempts)",
            "records   \(session.recordCount), \(session.bytes) bytes with headers",
            "partition \(session.partition)", "next      \(next(session))",
        ]
        for attempt in session.history ?? [] {
            let counted = attempt.counted ? "" : " (not counted)"
            lines.append(
                "  attempt \(attempt.attempt) ended \(when(attempt.timeMs))\(counted): "
                    + attempt.reason)
        }
        for (index, record) in (session.records ?? []).enumerated() {
            lines.append("  record \(index + 1): \(record)")
        }
        return lines.joined(separator: "\n")
    }

    private static func next(_ session: ShownSession) -> String {
        let due = session.dueMs.map(when) ?? "never"
        switch session.phase {
        case "open": return "its writer has it until \(due); from then on recovery does"
        case "waiting": return "handed to its handler at \(due)"
        case "running":
            return "attempt \(session.run?.attempt ?? 0) runs until \(due) at the latest"
        default:
            let parked = session.parked
            return "nothing, until it is requeued or cancelled. \(parked?.reason ?? ""): "
                + (parked?.detail ?? "")
        }
    }

    private static func when(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601)
    }
}
