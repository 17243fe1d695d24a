internal import Model
internal import Transactions

/// Durable work that waits for the outcome: its order is fixed when the transaction ends.
struct Cargo: Sendable {
    private var actions: [(order: Int, action: DurableAction)] = []
    private var messages: [OutboxMessage] = []
    var headers: [Header] = []
    private(set) var bytes = 0

    var count: Int { actions.count + messages.count }

    mutating func add(_ action: DurableAction, order: Int) {
        actions.append((order, action))
        bytes += Cargo.bytes(action)
    }

    mutating func add(_ message: OutboxMessage) {
        messages.append(message)
        bytes +=
            (message.key?.count ?? 0) + (message.value?.count ?? 0) + Cargo.overhead
            + message.topic.utf8.count + Cargo.bytes(message.headers)
    }

    mutating func remove(_ session: SessionID) {
        guard let index = actions.firstIndex(where: { $0.action.session == session }) else {
            return
        }
        bytes -= Cargo.bytes(actions.remove(at: index).action)
    }

    /// - Parameter limits: of a session; context that does not fit in is left out.
    func outline(_ limits: Limits) -> Outline {
        var outline = Outline()
        outline.messages = messages
        outline.headers = headers
        guard !actions.isEmpty else { return outline }
        outline.actions = actions.enumerated().sorted { left, right in
            (left.element.order, left.offset) < (right.element.order, right.offset)
        }.map { entry in
            var action = entry.element.action
            TransactionContextHeaders.pass(headers, to: &action, limits)
            return action
        }
        return outline
    }

    private static let overhead = 128

    private static func bytes(_ action: DurableAction) -> Int {
        (action.record?.count ?? 0) + overhead + bytes(action.headers)
    }

    private static func bytes(_ headers: [Header]) -> Int {
        headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 }
    }
}
