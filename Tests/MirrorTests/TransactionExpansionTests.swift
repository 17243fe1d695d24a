@testable import Mirror
import Model
import TestSupport
import Testing
import Transactions

/// What a decision means for Kafka, and what of it is sent.
@Suite struct TransactionExpansionTests {
    private static let id = TransactionID(uuid: SessionID(high: 1, low: 1))
    private static let writer = Writer(node: "node", journal: 9, incarnation: 1)

    private func decision(leftToOthers: Bool) -> TransactionRecord {
        var outline = Outline()
        outline.branches = [
            BranchReference(number: 1, resource: "a"), BranchReference(number: 2, resource: "b"),
        ]
        outline.participants = ["a", "b"]
        outline.actions = [DurableAction.Trigger.commit, .rollback].enumerated().map {
            index, trigger in
            DurableAction(
                session: SessionTrace.id(index + 1), kind: Kind(unchecked: "k"), record: nil,
                trigger: trigger)
        }
        outline.messages = [OutboxMessage(topic: "mail", key: nil, value: [1])]
        if leftToOthers {
            outline.finish = DurableAction(
                session: Self.id.finishSession, partition: 3, kind: .transactionFinish,
                record: [7], lease: 60_000)
        }
        return TransactionRecord(.committed, Self.id, time: .zero, outline: outline)
    }

    private func expanded(_ record: TransactionRecord) -> TransactionExpansion {
        var bytes: [UInt8] = []
        return record.encoded.withUnsafeBytes { payload in
            TransactionExpansion(
                payload, sequence: 5, writer: Self.writer, format: .protobuf, chunk: 0, readAt: 0,
                into: &bytes)
        }
    }

    @Test func `what is left to others changes the number of nothing else`() throws {
        let (plain, left) = (
            expanded(decision(leftToOthers: false)), expanded(decision(leftToOthers: true))
        )
        #expect(plain.entries.map(\.number) == left.entries.dropLast().map(\.number))
        #expect(plain.announcements.keys.sorted() == left.announcements.keys.sorted())
        let finish = try #require(left.entries.last)
        #expect(finish.destination == .session && finish.peek.partition == 3)
        #expect(finish.peek.session == Self.id.finishSession)
        #expect(left.entries.map(\.isLast) == [false, false, false, true])
        // The journal's fold has it in the same place.
        let position = try #require(decision(leftToOthers: true).finishOpening)
        #expect(Int(finish.index) == position.index)
        // Nobody who follows outcomes is told of it.
        let outcome = try #require(left.announcements[left.entries[1].number]?.value)
        #expect(try TransactionOutcome(decoding: outcome).actions.count == 1)
    }

    @Test
    func `a decision that is carried out within the window leaves nothing to others in Kafka`()
        throws
    {
        var machine = MirrorMachine(
            window: 50, sendsAll: false, acknowledged: 4, uncertainThrough: 4)
        for entry in expanded(decision(leftToOthers: true)).entries { machine.read(entry) }
        let end = Event(
            session: Self.id.finishSession, sequence: 2, partition: 3,
            body: .completed(token: .none))
        machine.read(
            MirrorMachine.Entry(
                sequence: 6, peek: try #require(end.encoded.withUnsafeBytes { EventPeek($0) }),
                payload: MirrorMachine.PayloadReference(chunk: 0, offset: 0, length: 0), readAt: 20)
        )
        var sent: [MirrorMachine.Destination] = []
        while case .send(let entry, let slot) = machine.next(now: 100) {
            #expect(entry.peek.session != Self.id.finishSession)
            sent.append(entry.destination)
            machine.delivered(slot)
        }
        #expect(sent == [.session, .outcome, .outbox])
        #expect(machine.acknowledged == 6 && machine.skipped == 2)
    }
}
