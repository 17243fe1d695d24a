import Journal
import Model
import Sessions
import TestSupport
import Testing
import WAL

@Suite(.timeLimit(.minutes(5))) struct SpaceTests {
    private static let record = [UInt8](repeating: 7, count: 4_000)

    @Test func `a full disk refuses new sessions; those that are open complete and close`()
        async throws
    {
        let rig = try Rig(maxSegments: 4)
        var opened = 0
        var refusal: RepriseError?
        while refusal == nil, opened < 500 {
            do {
                try await rig.open(opened + 1, record: Self.record, lease: 100_000)
                opened += 1
            } catch {
                refusal = error
            }
        }
        #expect(refusal?.code == .diskFull)
        #expect(opened > 10)
        #expect(rig.journal.log.space.reserveOnly)
        try await rig.complete(1)
        _ = try await rig.journal.close(SessionTrace.id(2), after: 0)
        #expect(rig[1] == nil)
        for number in 3...opened { try await rig.complete(number) }
        try await eventually("the space of finished sessions") {
            try await rig.keepUp()
            return !rig.journal.log.space.reserveOnly
        }
        try await rig.open(opened + 1)
        rig.journal.close()
    }

    @Test func `finished work frees its space, and a long-lived session survives the recycling`()
        async throws
    {
        let rig = try Rig()
        try await rig.open(1, record: Array("long-lived".utf8), lease: 10_000_000)
        try await rig.append(1, [1, 2, 3])
        let bound = 12 * (64 << 10)
        var highest = 0
        for number in 2..<700 {
            try await rig.open(number, record: Self.record)
            try await rig.complete(number)
            if number.isMultiple(of: 10) { try await rig.keepUp() }
            highest = max(highest, rig.journal.log.space.bytes)
        }
        #expect(highest <= bound, "\(highest) bytes for one session that is alive")
        let expected = [Array("long-lived".utf8), [1, 2, 3]]
        #expect(rig[1]?.records == expected)
        var random = SimulatedRandom(seed: 5)
        let again = try Rig(rig.files.crash(using: &random), time: rig.time)
        #expect(again[1]?.records == expected)
        #expect(again[1]?.phase == rig[1]?.phase)
        #expect(again.journal.withCore { $0.table.alive.total } == 1)
        #expect(again.journal.withCore { $0.table.conservationDifference } == 0)
        again.journal.close()
    }

    @Test func `what Kafka does not have is not retired`() async throws {
        let rig = try Rig(mirrored: true)
        let first = try await firstNumber(rig)
        for number in 1..<200 {
            try await rig.open(number, record: Self.record)
            try await rig.complete(number)
        }
        for _ in 0..<3 { try await rig.keepUp() }
        let held = try await firstNumber(rig)
        #expect(held == first, "the mirror has read nothing yet")
        rig.journal.acknowledge(rig.journal.log.durable.rawValue)
        try await eventually("the space of what Kafka has") {
            try await rig.keepUp()
            return rig.journal.log.space.segments <= 4
        }
        rig.journal.close()
    }

    private func firstNumber(_ rig: Rig) async throws -> UInt64 {
        var first: UInt64?
        let reader = rig.journal.log.makeReader(from: LSN(1))
        do {
            _ = try reader.next(maxBytes: 1_000) { lsn, _, _ in
                first = lsn.rawValue
                return false
            }
        } catch {
            return .max
        }
        return first ?? .max
    }
}
