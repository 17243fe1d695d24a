/// Actions of one moment, by their order and then by registration. What is registered while they
/// run comes in a later round.
struct ActionList<Action: Sendable>: Sendable {
    private struct Entry: Sendable {
        var order: Int
        var action: Action
    }

    private var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func add(_ action: Action, order: Int) {
        entries.append(Entry(order: order, action: action))
    }

    /// Everything that is registered, in order; the list is empty afterwards, so nothing runs twice.
    mutating func take() -> [Action] {
        guard !entries.isEmpty else { return [] }
        defer { entries = [] }
        // Sorting is stable only by this index.
        return entries.enumerated().sorted { left, right in
            (left.element.order, left.offset) < (right.element.order, right.offset)
        }.map(\.element.action)
    }
}
