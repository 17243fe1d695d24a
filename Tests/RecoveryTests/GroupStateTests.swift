import Model
import Sessions
import TestSupport
import Testing

@testable import Recovery

/// When a worker may give partitions up: what it has claimed there is run, or given back in the log.
@Suite struct GroupStateTests {
    private let writer = SessionTrace.worker

    private func message(_ partition: Int32) -> OutgoingMessage {
        let event = Event(
            session: SessionTrace.id(1), partition: UInt32(partition), body: .deadLettered)
        return OutgoingMessage(
            content: .events(partition: partition, [event], writer: writer))
    }

    @Test func `nothing is on its way`() {
        #expect(GroupState(gates: Gates()).isSettled([1, 2]))
    }

    @Test func `what was read back and not acted on yet keeps the partitions`() {
        var state = GroupState(gates: Gates())
        state.unacted = 1
        #expect(!state.isSettled([1]))
    }

    @Test func `what is to be written keeps the partitions`() {
        var state = GroupState(gates: Gates())
        state.outbox = [message(1)]
        #expect(!state.isSettled([1]))
    }

    @Test func `what the broker has not acknowledged keeps its partition`() {
        var state = GroupState(gates: Gates())
        state.inFlight[7] = message(1)
        #expect(!state.isSettled([1, 2]))
        #expect(state.isSettled([2]))
    }
}
