import Glibc

/// What a benchmark found out, a line each.
struct Table {
    /// What a measured value should reach.
    enum Goal {
        case none
        case atLeast(Double)
        case atMost(Double)
        /// Times the floor's value in the same round.
        case ratioAtLeast(Double)
        case ratioAtMost(Double)
    }

    let title: String
    private var lines: [[String]] = []
    private static let heads = ["", "median", "spread", "beside", "ratio", "spread", "goal", ""]

    init(_ title: String) {
        self.title = title
    }

    /// `values` of the rounds, and where there is a floor its values of the same rounds.
    mutating func add(
        _ name: String, _ values: [Double], unit: String = "", floor: [Double]? = nil,
        goal: Goal = .none
    ) {
        let ratios = floor.map { zip(values, $0).map { $0 / $1 } }
        lines.append([
            name, Table.text(values.median) + unit, Table.spread(values),
            floor.map { Table.text($0.median) + unit } ?? "",
            ratios.map { Table.text($0.median) + "x" } ?? "",
            ratios.map { Table.spread($0) } ?? "",
            Table.text(goal), Table.verdict(goal, values.median, ratios?.median),
        ])
    }

    mutating func add(
        _ name: String, _ value: Double, unit: String = "", goal: Goal = .none
    ) {
        add(name, [value], unit: unit, goal: goal)
    }

    /// A line without numbers: what was left out, and why.
    mutating func note(_ text: String) {
        lines.append([text])
    }

    func show() {
        let full = lines.filter { $0.count > 1 } + [Table.heads]
        let widths = Table.heads.indices.map { column in
            full.map { $0[column].count }.max() ?? 0
        }
        print("\n\(title)")
        for line in [Table.heads] + lines {
            guard line.count > 1 else {
                print("  \(line[0])")
                continue
            }
            let cells = line.enumerated().map { column, cell in
                let pad = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 || column >= 6 ? cell + pad : pad + cell
            }
            print("  " + cells.joined(separator: "  "))
        }
        fflush(nil)
    }

    private static func spread(_ values: [Double]) -> String {
        guard values.count > 1, let low = values.min(), let high = values.max() else { return "" }
        return "\(text(low))–\(text(high))"
    }

    private static func text(_ goal: Goal) -> String {
        switch goal {
        case .none: ""
        case .atLeast(let value): "≥ \(text(value))"
        case .atMost(let value): "≤ \(text(value))"
        case .ratioAtLeast(let value): "≥ \(text(value))x"
        case .ratioAtMost(let value): "≤ \(text(value))x"
        }
    }

    private static func verdict(_ goal: Goal, _ value: Double, _ ratio: Double?) -> String {
        let holds: Bool
        switch goal {
        case .none: return ""
        case .atLeast(let least): holds = value >= least
        case .atMost(let most): holds = value <= most
        case .ratioAtLeast(let least): holds = (ratio ?? 0) >= least
        case .ratioAtMost(let most): holds = (ratio ?? .infinity) <= most
        }
        return holds ? "reached" : "MISSED"
    }

    /// Three digits, with k and M.
    static func text(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        if abs(value) >= 999_500 { return digits(value / 1e6) + "M" }
        if abs(value) >= 9_995 { return digits(value / 1e3) + "k" }
        return digits(value)
    }

    private static func digits(_ value: Double) -> String {
        let places =
            abs(value) >= 99.95 || value == value.rounded() ? 0 : abs(value) >= 9.995 ? 1 : 2
        let scale = places == 0 ? 1.0 : places == 1 ? 10.0 : 100.0
        let scaled = (value * scale).rounded()
        if places == 0 { return String(Int64(scaled)) }
        let whole = Int64(scaled) / Int64(scale)
        let part = String(abs(Int64(scaled)) % Int64(scale))
        let sign = scaled < 0 && whole == 0 ? "-" : ""
        return "\(sign)\(whole)." + String(repeating: "0", count: places - part.count) + part
    }
}
