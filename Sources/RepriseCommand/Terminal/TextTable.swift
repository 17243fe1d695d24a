internal import Foundation

/// Columns for people: text to the left, numbers to the right.
struct TextTable {
    struct Column {
        var title: String
        var isNumber: Bool

        static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// One cell for each column.
    mutating func add(_ row: [String]) {
        rows.append(row.map(TextTable.plain))
    }

    /// Lines without a line break at the end and without spaces at their ends.
    var text: String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in
            lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return lines.map { line in
            let cells = zip(line, zip(columns, widths)).map { cell, shape in
                TextTable.padded(cell, shape.1, toTheLeft: shape.0.isNumber)
            }
            var text = cells.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int, toTheLeft: Bool) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return toTheLeft ? space + text : text + space
    }

    /// What others wrote must not steer the terminal or break the line.
    static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                        "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
