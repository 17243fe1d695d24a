internal import Model

/// How the value of a setting is written, what is allowed, and how it is written back.
enum SettingForm: Sendable {
    case text(String)
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case duration(ClosedRange<Milliseconds>)
    case bytes(ClosedRange<Int>)
    case boolean
    case choice([String])

    /// For the reference and for messages.
    var allowed: String {
        switch self {
        case .text(let description): description
        case .integer(let range): "a whole number, \(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            "a number, \(ExpositionText.number(range.lowerBound)) to "
                + ExpositionText.number(range.upperBound)
        case .duration(let range):
            "a duration such as 50ms, 30s, 5m, 2h or 7d, \(Units.duration(range.lowerBound)) to "
                + Units.duration(range.upperBound)
        case .bytes(let range):
            "a size such as 512B, 64KiB, 64MiB or 1GiB, \(Units.bytes(range.lowerBound)) to "
                + Units.bytes(range.upperBound)
        case .boolean: "true or false"
        case .choice(let names): "one of " + names.joined(separator: ", ")
        }
    }

    var noun: String {
        switch self {
        case .text: "text"
        case .integer: "integer"
        case .number: "number"
        case .duration: "duration"
        case .bytes: "size"
        case .boolean: "boolean"
        case .choice: "choice"
        }
    }
}

/// Durations and sizes, as people write them.
enum Units {
    private static let durations: [(suffix: String, size: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    private static let sizes: [(suffix: String, size: Int64)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    static func milliseconds(_ text: String) -> Milliseconds? { read(text, durations) }
    static func byteCount(_ text: String) -> Int? { read(text, sizes).map { Int($0) } }
    static func duration(_ value: Milliseconds) -> String { write(value, durations) }
    static func bytes(_ value: Int) -> String { write(Int64(value), sizes) }

    /// Digits, perhaps a space, and a unit; `0` needs none.
    private static func read(_ text: String, _ units: [(suffix: String, size: Int64)]) -> Int64? {
        if text == "0" { return 0 }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = text.dropFirst(digits.count).drop { $0 == " " }
        guard let count = Int64(digits), let unit = units.first(where: { $0.suffix == suffix })
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.size)
        return overflow ? nil : product
    }

    /// In the largest unit that leaves no rest.
    private static func write(
        _ value: Int64, _ units: [(suffix: String, size: Int64)]
    ) -> String {
        guard value != 0 else { return "0" }
        let unit = units.last { value.isMultiple(of: $0.size) }
        return "\(value / (unit?.size ?? 1))\(unit?.suffix ?? "")"
    }
}
