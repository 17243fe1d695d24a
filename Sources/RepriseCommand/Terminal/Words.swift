internal import Foundation

/// Times and sizes in words.
enum Words {
    /// `3 d 4 h`, `2 min 5 s`, `1.5 s`, `20 ms`: two units at most.
    static func duration(_ milliseconds: Int64) -> String {
        let time = max(0, milliseconds)
        if time < 1_000 { return "\(time) ms" }
        if time < 10_000, time % 1_000 >= 100 { return "\(time / 1_000).\(time % 1_000 / 100) s" }
        let units: [(Int64, String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
        var rest = time / 1_000
        var parts: [String] = []
        for (size, name) in units {
            let count = rest / size
            rest %= size
            if count > 0 {
                parts.append("\(count) \(name)")
            } else if !parts.isEmpty {
                break
            }
            if parts.count == 2 { break }
        }
        return parts.joined(separator: " ")
    }

    /// `512 B`, `12.5 MiB`.
    static func bytes(_ count: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard count >= 1_024 else { return "\(max(0, count)) B" }
        var value = Double(count) / 1_024
        var unit = 0
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// RFC 3339, UTC, whole seconds.
    static func time(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601)
    }

    /// `1 session is`, `3 sessions are`.
    static func count(_ number: Int, _ noun: String, _ one: String = "is", _ many: String = "are")
        -> String
    {
        number == 1 ? "1 \(noun) \(one)" : "\(number) \(noun)s \(many)"
    }
}
