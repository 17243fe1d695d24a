internal import DequeModule

/// Messages that are on their way to Kafka, in the order of the log; acknowledged in any order.
struct Flights: Sendable {
    private struct Flight: Sendable {
        var sequence: UInt64
        var isDone: Bool
    }

    private var flights: Deque<Flight> = []
    private var firstSlot: UInt64

    /// Slots grow from `firstSlot`: what is kept apart must not share them.
    init(firstSlot: UInt64 = 0) {
        self.firstSlot = firstSlot
    }

    var isEmpty: Bool { flights.isEmpty }
    var count: Int { flights.count }
    /// What the first of them acknowledges.
    var first: UInt64? { flights.first?.sequence }

    /// Gives the slot.
    mutating func begin(_ sequence: UInt64) -> UInt64 {
        flights.append(Flight(sequence: sequence, isDone: false))
        return firstSlot + UInt64(flights.count - 1)
    }

    /// What needs not be sent, behind what is on its way. Not where there is nothing.
    mutating func pass(_ sequence: UInt64) {
        flights.append(Flight(sequence: sequence, isDone: true))
    }

    /// Kafka has the message of `slot`: what the unbroken run that ends now acknowledges, if one does. A
    /// slot from before a reset, or from elsewhere, says nothing.
    mutating func delivered(_ slot: UInt64) -> UInt64? {
        guard slot >= firstSlot, slot - firstSlot < UInt64(flights.count) else { return nil }
        flights[Int(slot - firstSlot)].isDone = true
        var last: UInt64?
        while let first = flights.first, first.isDone {
            flights.removeFirst()
            firstSlot += 1
            last = first.sequence
        }
        return last
    }

    mutating func reset() {
        firstSlot += UInt64(flights.count)
        flights.removeAll()
    }
}
