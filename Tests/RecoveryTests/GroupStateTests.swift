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

    /// A partition of one session that is due, owned and with its claim on the way.
    private func claiming() throws -> (
        state: GroupState, claims: OutgoingMessage, rig: PartitionRig
    ) {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let claims = try #require(rig.tick(10).first)
        var state = GroupState(gates: rig.gates)
        state.partitions[3] = OwnedPartition(
            fold: .folding(rig.machine), partition: 3, writer: PartitionRig.worker)
        let message = OutgoingMessage(
            content: .events(partition: 3, claims, writer: PartitionRig.worker))
        return (state, message, rig)
    }

    private func givenBack(_ state: GroupState) -> [Position] {
        state.outbox.flatMap { message -> [Position] in
            guard case .events(3, let events, _) = message.content else { return [] }
            return events.compactMap {
                if case .retried(let retry) = $0.body { retry.token } else { nil }
            }
        }
    }

    @Test(arguments: [true, false])
    func `a claim that Kafka has is given back when its partition goes, whatever comes first`(
        reportComesFirst: Bool
    ) throws {
        var (state, claims, rig) = try claiming()
        let now = Timestamp(milliseconds: 12)
        if reportComesFirst { state.delivered(claims, at: rig.offset, now: now) }
        #expect(state.outbox.isEmpty)
        state.leave(3, now: now)
        if !reportComesFirst {
            #expect(!state.isSettled([3]), "it may come to count")
            state.delivered(claims, at: rig.offset, now: now)
        }
        #expect(givenBack(state) == [Position(offset: rig.offset)])
        // Once, however often the partition is told to go.
        state.leave(3, now: now)
        #expect(state.outbox.count == 1)
        state.outbox.removeAll()
        #expect(state.isSettled([3]))
    }

    @Test func `a claim that was read back before it was reported is not given back`() throws {
        var (state, claims, rig) = try claiming()
        let now = Timestamp(milliseconds: 12)
        let offset = rig.offset
        guard case .events(_, let events, _) = claims.content else { return }
        rig.read(events, from: PartitionRig.worker)
        state.partitions[3]?.fold = .folding(rig.machine)
        state.delivered(claims, at: offset, now: now)
        state.leave(3, now: now)
        #expect(state.outbox.isEmpty, "it runs")
    }

    @Test func `where Kafka does not say where it is, it is waited for`() throws {
        var (state, claims, _) = try claiming()
        state.delivered(claims, at: -1, now: .zero)
        state.leave(3, now: .zero)
        #expect(state.outbox.isEmpty && !state.isSettled([3]))
    }

    /// The group let the worker go without asking: what is on its way then is reported later.
    @Test func `a claim on its way to a partition that is lost is given back when it is there`()
        throws
    {
        var (state, claims, rig) = try claiming()
        let now = Timestamp(milliseconds: 12)
        state.drop(3, now: now)
        #expect(state.partitions.isEmpty && state.outbox.isEmpty)
        #expect(!state.isSettled([]), "a worker that ends waits for it")
        // The partition may be the worker's again by then, under another name.
        rig.own(PartitionRig.other)
        state.partitions[3] = OwnedPartition(
            fold: .folding(rig.machine), partition: 3, writer: PartitionRig.other)
        state.delivered(claims, at: rig.offset, now: now)
        #expect(givenBack(state) == [Position(offset: rig.offset)])
        state.outbox.removeAll()
        #expect(state.isSettled([3]))
        state.delivered(claims, at: rig.offset, now: now)
        #expect(state.outbox.isEmpty, "once")
    }

    @Test func `what a lost producer had on its way is waited for no more`() throws {
        var (state, _, _) = try claiming()
        state.drop(3, now: .zero)
        state.forgetOrphans()
        #expect(state.isSettled([]))
    }
}
