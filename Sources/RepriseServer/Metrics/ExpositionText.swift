internal import Model
internal import Reprise

/// The label names and values of a series, in order of name.
struct Labels: Sendable, Hashable, Comparable {
    private struct Label: Sendable, Hashable {
        var name: String
        var value: String
    }

    private var pairs: [Label]

    init(_ dimensions: [(String, String)]) {
        pairs = dimensions.map { .init(name: ExpositionText.labelName($0.0), value: $0.1) }
            .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
    }

    /// With one more at the end.
    func adding(_ name: String, _ value: String) -> Labels {
        var labels = self
        labels.pairs.append(.init(name: name, value: value))
        return labels
    }

    /// `{a="1",b="2"}`, or nothing.
    var text: String {
        guard !pairs.isEmpty else { return "" }
        let list = pairs.map { "\($0.name)=\"\(ExpositionText.escaped($0.value))\"" }
        return "{\(list.joined(separator: ","))}"
    }

    static func < (left: Labels, right: Labels) -> Bool { left.text < right.text }
}

/// Builds the Prometheus text format, version 0.0.4.
struct ExpositionText: Sendable {
    private(set) var text = ""

    /// `help` is one line; empty where nothing is known.
    mutating func head(_ name: String, _ type: SeriesType, help: String) {
        if !help.isEmpty { text += "# HELP \(name) \(ExpositionText.line(help))\n" }
        text += "# TYPE \(name) \(type.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
        text += "\(name)\(labels.text) \(ExpositionText.number(value))\n"
    }

    /// Samples of one name stand together, and no name is described twice.
    mutating func samples(_ samples: [MetricSample], except taken: Set<String>) {
        let families = Dictionary(grouping: samples) { ExpositionText.metricName($0.metric.name) }
        for (name, samples) in families.sorted(by: { $0.key < $1.key }) where !taken.contains(name)
        {
            guard let metric = samples.first?.metric else { continue }
            head(name, SeriesType(metric.form), help: metric.help)
            var seen: Set<Labels> = []
            for entry in samples {
                let labels = Labels(Array(zip(entry.metric.labels, entry.labels)))
                guard seen.insert(labels).inserted else { continue }
                switch entry.value {
                case .number(let value): sample(name, labels, value)
                case .histogram(let histogram): self.histogram(name, labels, histogram)
                }
            }
        }
    }

    mutating func histogram(_ name: String, _ labels: Labels, _ histogram: HistogramSnapshot) {
        var running: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            running += count
            let bound =
                index < histogram.bounds.count
                ? ExpositionText.number(histogram.bounds[index]) : "+Inf"
            sample("\(name)_bucket", labels.adding("le", bound), Double(running))
        }
        sample("\(name)_sum", labels, histogram.sum)
        sample("\(name)_count", labels, Double(running))
    }

    /// Whole numbers without a point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return String(value)
    }

    /// Letters, digits, `_` and `:`, the first no digit; anything else becomes `_`.
    static func metricName(_ name: String) -> String { cleaned(name, colon: true) }

    static func labelName(_ name: String) -> String { cleaned(name, colon: false) }

    static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// As a help text is written: what would end the line is escaped.
    static func line(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    private static func cleaned(_ name: String, colon: Bool) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar)
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            let isFine = isLetter || scalar == "_" || (colon && scalar == ":")
            if isDigit && text.isEmpty { text += "_" }
            text.unicodeScalars.append(isFine || isDigit ? scalar : "_")
        }
        return text.isEmpty ? "_" : text
    }
}
