import Journal
import Model
import Sessions
import Testing

/// What schedules found in the journal's core, as traces.
@Suite struct JournalCoreTests {
    private let session = SessionID(high: 1, low: 2)

    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func replay(
        _ core: inout JournalCore, _ event: Event, sequence: UInt64
    ) throws {
        // By hand: a closure with typed throws keeps the compiler (6.3.1) from finishing.
        let bytes = event.encoded
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        try core.replay(
            FrameKind.event.rawValue, UnsafeRawBufferPointer(buffer), sequence: sequence)
    }

    private var mirrored: JournalCore {
        JournalCore(limits: Limits(), mirrored: true, fallback: KindPolicy())
    }

    /// The frame that said how far the mirror was has been retired; only what Kafka has is retired,
    /// so the mirror must not ask for what is gone.
    @Test func whatIsRetiredIsAcknowledged() throws {
        var core = mirrored
        let writer = Writer(node: "n", journal: 7, incarnation: 31)
        try replay(&core, Event(session: Event.noSession, body: .owner(writer)), sequence: 31)
        #expect(core.acknowledged.sequence == 30)
    }

    /// Of a session that a replay meets as a carried copy nobody knows which lease Kafka has.
    @Test func sessionWhoseLeasesWereRetiredIsNotWrittenTo() throws {
        var core = mirrored
        let writer = Writer(node: "n", journal: 7, incarnation: 31)
        try replay(&core, Event(session: Event.noSession, body: .owner(writer)), sequence: 31)
        let snapshot = Snapshot(
            kind: Kind(unchecked: "a"), version: 1, headers: [], records: [], created: at(0),
            phase: .open(lease: at(9_000)), attempts: 0, order: 1, history: [], sequence: 3,
            first: Position(sequence: 2))
        try replay(&core, Event(session: session, body: .carried(snapshot)), sequence: 32)
        core.acknowledge(32, now: at(100))
        let context = core.context(now: at(200), limits: Limits())
        let error = #expect(throws: RepriseError.self) {
            _ = try core.table.complete(session, token: .none, context: context)
        }
        #expect(error?.code == .leaseExpired)
        // The group has it: its lease runs out, and the node lets go of it.
        #expect(core.handOver(now: at(9_001), limit: 1).first?.body == .handedOver)
        // The log did not take it: it is not forgotten.
        #expect(core.handOver(now: at(10_001), limit: 1).first?.body == .handedOver)
    }
}
