import Synchronization

/// Counts calls from anywhere.
final class CallCounter: Sendable {
    private let value = Atomic(0)

    func add() { value.wrappingAdd(1, ordering: .relaxed) }
    var count: Int { value.load(ordering: .relaxed) }
}
