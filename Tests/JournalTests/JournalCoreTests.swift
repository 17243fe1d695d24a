@testable import Journal
import Model
import Sessions
import TestSupport
import Testing

@Suite struct JournalCoreTests {
    private func core(mirrored: Bool = false) -> JournalCore {
        JournalCore(limits: Limits(), mirrored: mirrored, fallback: KindPolicy())
    }

    private func replay(
        _ core: inout JournalCore, _ kind: FrameKind, _ payload: [UInt8], at sequence: UInt64
    ) throws {
        let result = payload.withUnsafeBytes { bytes -> Result<Void, RepriseError> in
            do throws(RepriseError) {
                return .success(try core.replay(kind.rawValue, bytes, sequence: sequence))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func opened(_ number: Int, lease: Int64 = 100) -> Event {
        Event(
            session: SessionTrace.id(number), sequence: 1,
            body: .opened(
                Event.Opening(
                    kind: SessionTrace.kind, record: nil, headers: [],
                    lease: Timestamp(milliseconds: lease), time: .zero)))
    }

    @Test func `replay gives the table that the events made`() throws {
        var live = core()
        var again = core()
        let owner = Event(session: Event.noSession, body: .owner(SessionTrace.node))
        let events = [owner, opened(1), opened(2)]
        for (index, event) in events.enumerated() {
            live.record(event, sequence: UInt64(index + 1))
            try replay(&again, .event, event.encoded, at: UInt64(index + 1))
        }
        let batch = [opened(3), opened(4)]
        for (index, event) in batch.enumerated() {
            live.record(event, sequence: 4, index: index)
        }
        try replay(&again, .batch, EventBatch.encoded(batch), at: 4)
        #expect(SessionCheck.difference(live.table, again.table) == nil)
        #expect(again.writer == SessionTrace.node)
        #expect(again.table.alive.open == 4)
    }

    @Test func `the mirror's position is replayed, and one of another size is refused`() throws {
        var core = core(mirrored: true)
        let position = MirrorPosition(sequence: 77, time: .zero)
        var bytes = [UInt8](repeating: 0, count: MirrorPosition.size)
        bytes.withUnsafeMutableBytes { position.write(to: $0) }
        try replay(&core, .mirrored, bytes, at: 1)
        #expect(core.acknowledged.sequence == 77)
        let error = #expect(throws: RepriseError.self) {
            try replay(&core, .mirrored, Array(bytes.dropLast()), at: 2)
        }
        #expect(error?.code == .undecodable)
    }

    @Test func `a frame that this version does not know names the way out`() throws {
        var core = core()
        let error = #expect(throws: RepriseError.self) {
            try [UInt8]().withUnsafeBytes { bytes throws in
                try core.replay(99, bytes, sequence: 1)
            }
        }
        #expect(error?.code == .journalVersion)
        #expect(error?.message.contains("version") == true)
    }

    @Test func `bytes that are no event are refused, not misread`() {
        for count in 0..<40 {
            var core = core()
            let bytes = [UInt8](repeating: 0xFF, count: count)
            if count > 0 {
                #expect(throws: RepriseError.self) { try replay(&core, .event, bytes, at: 1) }
            }
            #expect(core.table.alive.total == 0)
        }
    }

    // MARK: Handover

    @Test func `a closed session is handed over as soon as Kafka has it`() {
        var core = core(mirrored: true)
        core.record(opened(1, lease: 100), sequence: 1)
        core.record(
            Event(session: SessionTrace.id(1), sequence: 2, body: .closed(due: .distantFuture)),
            sequence: 2)
        let now = Timestamp(milliseconds: 10)
        #expect(core.handOver(now: now, limit: 10).isEmpty, "Kafka has nothing yet")
        core.acknowledge(1, now: now)
        #expect(core.handOver(now: now + 5_000, limit: 10).isEmpty, "its end is missing")
        core.acknowledge(2, now: now)
        let events = core.handOver(now: now + 10_000, limit: 10)
        #expect(events.map(\.body) == [.handedOver])
        for event in events { core.record(event, sequence: 3) }
        #expect(core.table.alive.total == 0)
        #expect(core.table.totals.handedOver == 1)
        #expect(core.table.conservationDifference == 0)
        #expect(core.handOver(now: now + 20_000, limit: 10).isEmpty)
    }

    @Test func `messages of outboxes that Kafka does not have keep the journal, and no session`() {
        var core = core(mirrored: true)
        core.record(opened(1, lease: 100), sequence: 1)
        core.acknowledgeSessions(1, now: .zero)
        #expect(core.acknowledged == .none)
        #expect(core.handOver(now: Timestamp(milliseconds: 100), limit: 10).count == 1)
        core.acknowledge(1, now: .zero)
        #expect(core.acknowledged.sequence == 1)
    }

    @Test func `an open session is kept until its lease is over, renewals counted`() {
        var core = core(mirrored: true)
        core.record(opened(1, lease: 100), sequence: 1)
        core.record(
            Event(
                session: SessionTrace.id(1), sequence: 2,
                body: .extended(until: Timestamp(milliseconds: 300), token: .none)),
            sequence: 2)
        core.acknowledge(2, now: Timestamp(milliseconds: 20))
        #expect(core.handOver(now: Timestamp(milliseconds: 299), limit: 10).isEmpty)
        #expect(core.handOver(now: Timestamp(milliseconds: 300), limit: 10).count == 1)
    }

    @Test func `hand-over stops at its limit and goes on where it stopped`() {
        var core = core(mirrored: true)
        for number in 1...10 { core.record(opened(number, lease: 10), sequence: UInt64(number)) }
        core.acknowledge(10, now: .zero)
        var done: Set<SessionID> = []
        for _ in 0..<4 {
            for event in core.handOver(now: Timestamp(milliseconds: 50), limit: 3) {
                #expect(done.insert(event.session).inserted)
                core.record(event, sequence: UInt64(11 + done.count))
            }
        }
        #expect(done.count == 10)
    }

    @Test func `the low-water mark is the oldest session's, or the next frame`() {
        var core = core()
        core.record(opened(1), sequence: 5)
        core.record(opened(2), sequence: 6)
        #expect(core.lowWater(next: 7) == 5)
        core.record(
            Event(session: SessionTrace.id(1), sequence: 2, body: .completed(token: .none)),
            sequence: 7)
        #expect(core.lowWater(next: 8) == 6)
        core.record(
            Event(session: SessionTrace.id(2), sequence: 2, body: .completed(token: .none)),
            sequence: 8)
        #expect(core.lowWater(next: 9) == 9)
    }
}
