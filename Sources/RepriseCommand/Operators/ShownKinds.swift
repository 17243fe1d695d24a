/// A kind as `/v1/kinds` tells it.
struct ShownKind: Codable, Sendable {
    struct Policy: Codable, Sendable {
        var concurrency: Int
        /// 0 is without limit.
        var ratePerSecond: Int
    }

    struct Pause: Codable, Sendable {
        var sinceMs: Int64
        var by: String
        var reason: String
    }

    struct Breaker: Codable, Sendable {
        var state: String
        var failures: Int?
        var untilMs: Int64?
    }

    var kind: String
    var policy: Policy
    var sessions: ShownCounts
    var ready: Int
    var runs: Int
    var hasHandler: Bool
    var paused: Bool
    var pause: Pause?
    var breaker: Breaker?
}

struct ShownKinds: Codable, Sendable {
    var kinds: [ShownKind]
}

/// Kinds in words.
enum KindText {
    static func table(_ kinds: [ShownKind]) -> String {
        guard !kinds.isEmpty else { return "No kinds." }
        var table = TextTable(
            [.text("KIND")] + ShownCounts.columns + [
                .number("READY"), .number("RUNS"), .number("RATE"), .text("HANDLER"),
                .text("BREAKER"), .text("PAUSED"),
            ])
        for kind in kinds {
            let rate = kind.policy.ratePerSecond
            table.add(
                [kind.kind] + kind.sessions.cells + [
                    "\(kind.ready)", "\(kind.runs)/\(kind.policy.concurrency)",
                    rate == 0 ? "-" : "\(rate)/s", kind.hasHandler ? "yes" : "no",
                    breaker(kind), pause(kind),
                ])
        }
        return table.text
    }

    private static func breaker(_ kind: ShownKind) -> String {
        guard let breaker = kind.breaker else { return "-" }
        if let until = breaker.untilMs { return "\(breaker.state) until \(Words.time(until))" }
        if let failures = breaker.failures, failures > 0 {
            return "\(breaker.state), \(failures) failed"
        }
        return breaker.state
    }

    private static func pause(_ kind: ShownKind) -> String {
        guard let pause = kind.pause else { return kind.paused ? "yes" : "no" }
        return "by \(pause.by) since \(Words.time(pause.sinceMs)): \(pause.reason)"
    }
}
