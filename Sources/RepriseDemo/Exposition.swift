/// Prometheus text, as far as the demo reads it.
struct Exposition: Sendable {
    private var values: [(name: Substring, labels: Substring, value: Double)] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { continue }
            let series = line[..<space]
            let brace = series.firstIndex(of: "{") ?? series.endIndex
            values.append((series[..<brace], series[brace...], value))
        }
    }

    /// The sum of the series of that name, of those with `label` where it is given.
    func sum(_ name: String, _ label: String = "") -> Int {
        Int(matching(name, label).reduce(0) { $0 + $1.value })
    }

    /// Differences must not cancel each other out.
    func absoluteSum(_ name: String) -> Int {
        Int(matching(name, "").reduce(0) { $0 + abs($1.value) })
    }

    /// What the running parts still hold.
    var unfinished: Int {
        ["open", "waiting", "running"].reduce(0) { $0 + sum("reprise_sessions", "phase=\"\($1)\"") }
    }

    private func matching(
        _ name: String, _ label: String
    ) -> [(name: Substring, labels: Substring, value: Double)] {
        values.filter { $0.name == name[...] && (label.isEmpty || $0.labels.contains(label)) }
    }
}
