import Model
import Recovery
import Sessions
import Testing

/// What schedules found in the partition machine, as traces.
@Suite struct PartitionMachineTests {
    private static let kind = Kind(unchecked: "a")
    private let session = SessionID(high: 1, low: 2)
    private let node = Writer(node: "n", journal: 9, incarnation: 1)
    private let options = PartitionOptions()

    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func message(_ offset: Int64, _ event: Event, _ writer: Writer) -> PartitionMessage {
        PartitionMessage(
            offset: offset,
            origin: Origin(
                writer: writer, sequence: writer.journal == 0 ? 0 : UInt64(offset) + 1),
            time: at(0), isBatch: false, value: event.encoded)
    }

    private var opened: Event {
        Event(
            session: session, sequence: 1,
            body: .opened(
                Event.Opening(
                    kind: Self.kind, record: nil, headers: [], lease: at(100), time: at(0))))
    }

    private func owning(
        _ writer: Writer, _ table: SessionTable, at offset: Int64
    ) -> PartitionMachine {
        var machine = PartitionMachine(
            partition: 0, writer: writer, table: table, offset: offset, options: options)
        var effects: [PartitionMachine.Effect] = []
        machine.fold(message(offset, machine.ownerEvent, writer), effects: &effects)
        return machine
    }

    /// The saved table remembers the due queue of the machine that is gone.
    @Test func sessionOfACheckpointIsHandedOut() {
        var effects: [PartitionMachine.Effect] = []
        var gates = Gates([Self.kind: KindPolicy()])
        var first = owning(Writer(node: "w", incarnation: 1), SessionTable(), at: 0)
        first.fold(message(1, opened, node), effects: &effects)
        _ = first.tick(now: at(50), gates: &gates)
        var second = owning(Writer(node: "w", incarnation: 2), first.table, at: 2)
        let claims = second.tick(now: at(5_000), gates: &gates).joined().map(\.body.type)
        #expect(claims.contains(.claimed))
    }

    /// A claim is under way, made for the first lease, when the node's renewal lands: the renewed
    /// lease has the allowance as well, for the node's clock may be behind.
    @Test func claimLeavesARenewedLeaseItsAllowance() {
        var effects: [PartitionMachine.Effect] = []
        var gates = Gates([Self.kind: KindPolicy()])
        let writer = Writer(node: "w", incarnation: 1)
        var machine = owning(writer, SessionTable(), at: 0)
        machine.fold(message(1, opened, node), effects: &effects)
        let claim = machine.tick(now: at(1_100), gates: &gates).joined().first {
            $0.body.type == .claimed
        }
        let renewed = Event(
            session: session, sequence: 2, body: .extended(until: at(900), token: .none))
        machine.fold(message(2, renewed, node), effects: &effects)
        if let claim { machine.fold(message(3, claim, writer), effects: &effects) }
        #expect(claim != nil)
        #expect(machine.table[session]?.phase == .open(lease: at(900)))
    }

    /// A copy was on its way while its session ended. A new member that begins at the mark between
    /// the two would take the copy at its word, so that mark must not be committed.
    @Test func markBeforeAnOvertakenCopyIsNotCommitted() {
        var effects: [PartitionMachine.Effect] = []
        var gates = Gates()
        var options = PartitionOptions()
        options.carryLag = 0
        options.markInterval = 0
        let writer = Writer(node: "w", incarnation: 1)
        var machine = PartitionMachine(
            partition: 0, writer: writer, table: SessionTable(), offset: 0, options: options)
        machine.fold(message(0, machine.ownerEvent, writer), effects: &effects)
        machine.fold(message(1, opened, node), effects: &effects)
        for offset: Int64 in 2...8 {
            let event = Event(
                session: session, sequence: UInt64(offset),
                body: .extended(until: at(100), token: .none))
            machine.fold(message(offset, event, node), effects: &effects)
        }
        let carried = machine.tick(now: at(10), gates: &gates).joined().first {
            $0.body.type == .carried
        }
        let end = Event(session: session, sequence: 9, body: .completed(token: .none))
        machine.fold(message(9, end, node), effects: &effects)
        if let carried { machine.fold(message(10, carried, writer), effects: &effects) }
        #expect(carried != nil)
        #expect(machine.table.sessions.isEmpty)
        #expect(machine.table.conservationDifference == 0)
    }
}
