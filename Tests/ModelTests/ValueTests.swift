import Model
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test func `arithmetic saturates`() {
        #expect(Timestamp.distantFuture + 1 == .distantFuture)
        #expect(Timestamp(milliseconds: .min) + -1 == Timestamp(milliseconds: .min))
        #expect(Timestamp.distantFuture - Timestamp(milliseconds: -1) == .max)
        #expect(Timestamp(milliseconds: -2) - .distantFuture == .min)
        #expect(Timestamp(milliseconds: 5) - Timestamp(milliseconds: 7) == -2)
    }

    /// pulsar 10078, temporal 676: a wait that is rounded down fires early.
    @Test func `fires early through rounding: a duration is never rounded down`() {
        #expect(Duration.nanoseconds(1).roundedUpMilliseconds == 1)
        #expect(Duration.microseconds(1_500).roundedUpMilliseconds == 2)
        #expect(Duration.milliseconds(7).roundedUpMilliseconds == 7)
        #expect(Duration.zero.roundedUpMilliseconds == 0)
        #expect(Duration.microseconds(-1_500).roundedUpMilliseconds == -1)
        #expect(Duration.seconds(Int64.max).roundedUpMilliseconds == .max)
        #expect(Duration.seconds(Int64.min).roundedUpMilliseconds == .min)
        for seed in UInt64(0)..<2_000 {
            var random = SeededRandom(seed: seed)
            let wait = Duration.nanoseconds(Int64(random.spread() >> 4))
            let rounded = Duration.milliseconds(wait.roundedUpMilliseconds)
            #expect(rounded >= wait && rounded < wait + .milliseconds(1), "seed \(seed)")
        }
    }
}

@Suite struct PositionTests {
    @Test func `positions grow with the message and with the place in it`() {
        #expect(Position.none < Position(offset: 0))
        #expect(Position(offset: 4, index: Position.maxBatch - 1) < Position(offset: 5))
        #expect(Position(offset: 4, index: 1) > Position(offset: 4))
        #expect(Position(offset: 9, index: 7).offset == 9)
        #expect(Position(sequence: 9, index: 7).sequence == 9)
    }

    @Test func `an offset from the wire never traps`() {
        for offset in [Int64.min, -1_001, -1, .max] { _ = Position(offset: offset).offset }
    }
}

@Suite struct SessionIDTests {
    @Test func `text goes there and back`() {
        for seed in UInt64(0)..<500 {
            var random = SeededRandom(seed: seed)
            let id = SessionID(high: random.next(), low: random.next())
            #expect(SessionID(text: id.description) == id, "seed \(seed)")
            #expect(SessionID(text: id.description.uppercased()) == id, "seed \(seed)")
        }
    }

    @Test(arguments: [
        "", "0", "0192f0c1-2345-7abc-8def-0123456789a", "0192f0c1-2345-7abc-8def-0123456789abc",
        "0192f0c12345-7abc-8def-0123456789abcd", "0192f0c1-2345-7abc-8def-0123456789ag",
        "0192f0c1-2345-7abc-8def-0123456789é",
    ])
    func `what is no uuid is refused`(text: String) {
        #expect(SessionID(text: text) == nil)
    }

    @Test func `a made id is a uuid of version 7 that sorts by time`() {
        let early = SessionID(time: Timestamp(milliseconds: 1_000), random: (.max, .max))
        let late = SessionID(time: Timestamp(milliseconds: 1_001), random: (0, 0))
        #expect(early.high < late.high)
        #expect(Array(early.description)[14] == "7")
        #expect("89ab".contains(Array(early.description)[19]))
        _ = SessionID(time: Timestamp(milliseconds: .min), random: (0, 0))
    }
}

@Suite struct KindTests {
    @Test func `a kind is a short name of plain letters`() throws {
        #expect(try Kind("user.create_v-2").name == "user.create_v-2")
        for name in ["", "a b", "ä", "a/b", String(repeating: "a", count: 129)] {
            #expect(throws: RepriseError.self) { try Kind(name) }
        }
        #expect(Kind.isValid(Kind.undecodable.name))
    }
}
