import Model
import TestSupport
import Testing
import Transactions

@Suite struct XidTests {
    private static let transaction = TransactionID(
        uuid: SessionID(high: 0x0190_0000_0000_7001, low: 0x8000_0000_0000_0002))

    @Test func `ours is read back from its parts`() throws {
        for seed in UInt64(0)..<500 {
            var random = SeededRandom(seed: seed)
            let id = TransactionID(uuid: SessionID(high: random.spread(), low: random.spread()))
            let journal = random.spread()
            let number = UInt32(truncatingIfNeeded: random.spread())
            let xid = Xid(journal: journal, transaction: id, number: number)
            let own = try #require(xid.own)
            #expect(own == (journal, id, number), "seed \(seed)")
            #expect((xid.global.count, xid.branch.count) == (24, 4))
        }
    }

    @Test func `the text form is read back`() throws {
        for seed in UInt64(0)..<500 {
            var random = SeededRandom(seed: seed)
            let xid = try Xid(
                format: UInt32(truncatingIfNeeded: random.next()),
                global: random.bytes(1 + random.below(64)),
                branch: random.bytes(1 + random.below(64)))
            let read = try #require(Xid(text: xid.description))
            #expect(read == xid, "seed \(seed)")
            #expect(read.hashValue == xid.hashValue, "seed \(seed)")
            #expect(Xid(text: xid.description.uppercased()) == xid, "seed \(seed)")
        }
    }

    @Test func `the text of ours fits what PostgreSQL and others allow for a name`() {
        let xid = Xid(journal: .max, transaction: XidTests.transaction, number: .max)
        #expect(xid.description.utf8.count == 66)
        let allowed = Set("0123456789abcdef_")
        #expect(xid.description.allSatisfy { allowed.contains($0) })
    }

    @Test(arguments: [
        "", "_", "__", "5250", "52505253_00", "52505253_00_0", "52505253_00_", "52505253__00",
        "52505253_0g_00", "1525052530_00_00", "x_00_00", "52505253_00_00_00", "52505253_é0_00",
        "52505253_ 0_00", "52505253_00_" + String(repeating: "0", count: 130),
    ])
    func `other text is none of ours`(text: String) {
        #expect(Xid(text: text) == nil)
    }

    @Test(arguments: [(0, 1), (1, 0), (65, 1), (1, 65), (0, 0)])
    func `a part that no resource could hold is refused`(sizes: (Int, Int)) {
        #expect(throws: RepriseError.self) {
            try Xid(
                format: 1, global: [UInt8](repeating: 1, count: sizes.0),
                branch: [UInt8](repeating: 1, count: sizes.1))
        }
    }

    @Test func `the largest parts are allowed`() throws {
        let part = [UInt8](repeating: 0xFF, count: Xid.maxPartBytes)
        let xid = try Xid(format: .max, global: part, branch: part)
        #expect(Xid(text: xid.description) == xid)
    }

    @Test func `of another format, or of another shape, is not ours`() throws {
        let ours = Xid(journal: 7, transaction: XidTests.transaction, number: 1)
        let foreign = try Xid(format: 1, global: ours.global, branch: ours.branch)
        #expect(foreign.own == nil)
        #expect(foreign != ours)
        for (global, branch) in [(23, 4), (25, 4), (24, 3), (24, 5)] {
            let odd = try Xid(
                format: Xid.format, global: [UInt8](repeating: 0, count: global),
                branch: [UInt8](repeating: 0, count: branch))
            #expect(odd.own == nil)
        }
    }

    @Test func `every part counts for equality, and equal ones have one hash`() {
        let base = Xid(journal: 7, transaction: XidTests.transaction, number: 1)
        let other = TransactionID(uuid: SessionID(high: 1, low: 2))
        let others = [
            Xid(journal: 8, transaction: XidTests.transaction, number: 1),
            Xid(journal: 7, transaction: other, number: 1),
            Xid(journal: 7, transaction: XidTests.transaction, number: 2),
        ]
        for each in others { #expect(each != base) }
        #expect(Set(others + [base, base] + others).count == 4)
    }

    @Test func `an id of a transaction is read back from its text, in either case`() {
        for seed in UInt64(0)..<200 {
            var random = SeededRandom(seed: seed)
            let id = TransactionID(
                time: Timestamp(milliseconds: Int64(random.spread() >> 17)),
                random: (random.next(), random.next()))
            #expect(TransactionID(text: id.description) == id, "seed \(seed)")
            #expect(TransactionID(text: id.description.uppercased()) == id, "seed \(seed)")
        }
        for text in ["", "x", "01900000-0000-7001-8000-00000000000", "01900000:0000:7001"] {
            #expect(TransactionID(text: text) == nil)
        }
    }

    @Test func `ids are ordered by the time at which they were made`() {
        let early = TransactionID(time: Timestamp(milliseconds: 1), random: (.max, .max))
        let late = TransactionID(time: Timestamp(milliseconds: 2), random: (0, 0))
        #expect(early < late)
    }

    @Test func `the actions of a transaction have ids of their own, always the same`() {
        var seen: Set<SessionID> = []
        for seed in UInt64(0)..<50 {
            var random = SeededRandom(seed: seed)
            let id = TransactionID(time: .zero, random: (random.next(), random.next()))
            for index in 0..<200 {
                let session = id.session(ofAction: index)
                #expect(session == id.session(ofAction: index))
                // A UUIDv8 (RFC 9562): never one that was made by the clock.
                #expect(session.high & 0xF000 == 0x8000)
                #expect(session.low >> 62 == 2)
                seen.insert(session)
            }
        }
        #expect(seen.count == 50 * 200)
    }
}
