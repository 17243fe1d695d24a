/// Sessions that are not finished, by phase.
struct ShownCounts: Codable, Sendable {
    var open: Int
    var waiting: Int
    var running: Int
    var parked: Int

    static let columns: [TextTable.Column] = [
        .number("OPEN"), .number("WAITING"), .number("RUNNING"), .number("PARKED"),
    ]

    var cells: [String] { [open, waiting, running, parked].map(String.init) }

    var text: String { "\(open) open, \(waiting) waiting, \(running) running, \(parked) parked" }
}

/// Sessions by how they ended.
struct ShownTotals: Codable, Sendable {
    var opened: UInt64
    var completed: UInt64
    var cancelled: UInt64
    var deadLettered: Int64
    var handedOver: UInt64

    var text: String {
        "\(opened) opened: \(completed) completed, \(cancelled) cancelled, "
            + "\(deadLettered) dead-lettered, \(handedOver) handed over"
    }
}
