import Mirror
import Model
import Testing

/// What schedules found in the mirror's decisions, as traces.
@Suite struct MirrorMachineTests {
    private let session = SessionID(high: 1, low: 2)

    private func entry(
        _ sequence: UInt64, _ body: Event.Body, at time: Milliseconds
    ) throws -> MirrorMachine.Entry {
        let bytes = Event(session: session, sequence: 1, body: body).encoded
        let peek = try #require(bytes.withUnsafeBytes { EventPeek($0) })
        return MirrorMachine.Entry(
            sequence: sequence, peek: peek,
            payload: MirrorMachine.PayloadReference(chunk: 0, offset: 0, length: bytes.count),
            readAt: time)
    }

    private var opened: Event.Body {
        .opened(
            Event.Opening(
                kind: Kind(unchecked: "a"), record: nil, headers: [], lease: .zero, time: .zero))
    }

    private func sent(_ machine: inout MirrorMachine, at now: Milliseconds) -> [UInt64] {
        var sequences: [UInt64] = []
        while case .send(let entry, _) = machine.next(now: now) {
            sequences.append(entry.sequence)
        }
        return sequences
    }

    /// The session was sent as open; its end was written after the producer was lost. Without the
    /// end, Kafka would hand out a completed session.
    @Test func endWrittenAfterAResetIsSentIfTheBeginningMayHaveBeen() throws {
        var machine = MirrorMachine(
            window: 50, sendsAll: false, acknowledged: 4, uncertainThrough: 4)
        machine.read(try entry(5, opened, at: 0))
        #expect(sent(&machine, at: 60) == [5])
        machine.reset()
        machine.read(try entry(5, opened, at: 70))
        machine.read(try entry(8, .completed(token: .none), at: 70))
        #expect(sent(&machine, at: 130).last == 8)
    }

    @Test func sessionThatNobodyWasToldOfLeavesNoTrace() throws {
        var machine = MirrorMachine(
            window: 50, sendsAll: false, acknowledged: 4, uncertainThrough: 4)
        machine.read(try entry(5, opened, at: 0))
        machine.read(try entry(6, .completed(token: .none), at: 0))
        #expect(sent(&machine, at: 60).isEmpty)
        #expect(machine.acknowledged == 6)
    }
}
