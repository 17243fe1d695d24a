import Model
import Sessions
import Transactions

/// What is known of sessions and transactions, in lines that a person can compare. Only what releases
/// promise stands here, not how a table goes about it.
enum Description {
    static func text(_ table: SessionTable) -> String {
        var lines = table.sessions.values.sorted { $0.id < $1.id }.flatMap(lines)
        let totals = table.totals
        lines.append(
            "opened \(totals.opened) completed \(totals.completed) cancelled \(totals.cancelled) "
                + "dead-lettered \(totals.deadLettered) alive \(table.alive.total) "
                + "difference \(table.conservationDifference)")
        return lines.joined(separator: "\n") + "\n"
    }

    static func text(_ transactions: [LiveTransaction]) -> String {
        transactions.sorted { $0.id < $1.id }.map { live in
            let branches = live.outline.branches.map { "\($0.number):\($0.resource)" }
            let asked = live.outline.asked.map(String.init) ?? "none"
            return "transaction \(live.id) \(live.phase) since \(live.time.milliseconds) "
                + "branches \(branches.joined(separator: ",")) asked \(asked) "
                + "messages \(live.outline.messages.count) reason '\(live.reason)'\n"
        }.joined()
    }

    static func text(_ snapshot: Snapshot) -> String {
        content(
            kind: snapshot.kind, headers: snapshot.headers, records: snapshot.records,
            created: snapshot.created, attempts: snapshot.attempts, history: snapshot.history
        ).joined(separator: "\n") + "\n  \(phase(snapshot.phase))\n"
    }

    private static func lines(_ session: Session) -> [String] {
        var lines = ["session \(session.id) partition \(session.partition)"]
        lines.append("  \(phase(session.phase))")
        lines += content(
            kind: session.kind, headers: session.headers, records: session.records,
            created: session.created, attempts: session.attempts, history: session.history)
        lines.append("  sequence \(session.sequence) unread \(session.unread.count)")
        if let pending = session.pending { lines.append("  pending \(order(pending))") }
        return lines
    }

    private static func content(
        kind: Kind, headers: [Header], records: [[UInt8]], created: Timestamp, attempts: UInt32,
        history: [Attempt]
    ) -> [String] {
        var lines = ["  kind \(kind.name) created \(created.milliseconds) attempts \(attempts)"]
        lines += headers.map { "  header \($0.name)=\($0.value)" }
        lines += records.map { "  record \(hex($0))" }
        lines += history.map {
            "  attempt \($0.number) at \($0.time.milliseconds) counted \($0.counted) '\($0.reason)'"
        }
        return lines
    }

    private static func phase(_ phase: Phase) -> String {
        switch phase {
        case .open(let lease): "open until \(lease.milliseconds)"
        case .waiting(let due): "waiting until \(due.milliseconds)"
        case .running(let run):
            "running attempt \(run.attempt) token \(run.token.rawValue) until "
                + "\(run.deadline.milliseconds)"
        case .parked(let parking):
            "parked \(parking.reason.rawValue) '\(parking.detail)' at \(parking.time.milliseconds)"
        }
    }

    private static func order(_ order: PendingOrder) -> String {
        switch order {
        case .requeue(let due): "requeue at \(due.milliseconds)"
        case .cancel: "cancel"
        case .park(let parking): "park '\(parking.detail)'"
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
