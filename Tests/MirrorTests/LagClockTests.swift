import Mirror
import Testing

@Suite struct LagClockTests {
    @Test func theLagIsThatOfTheOldestFrameThatKafkaDoesNotHave() {
        var clock = LagClock()
        clock.note(durable: 10, acknowledged: 0, now: 1_000)
        clock.note(durable: 20, acknowledged: 0, now: 3_000)
        #expect(clock.lag(acknowledged: 0, now: 5_000) == 4_000)
        #expect(clock.lag(acknowledged: 9, now: 5_000) == 4_000)
        #expect(clock.lag(acknowledged: 10, now: 5_000) == 2_000)
        #expect(clock.lag(acknowledged: 20, now: 5_000) == 0)
    }

    @Test func whatIsSeenAgainDoesNotGetYounger() {
        var clock = LagClock()
        clock.note(durable: 10, acknowledged: 0, now: 1_000)
        clock.note(durable: 10, acknowledged: 0, now: 9_000)
        #expect(clock.lag(acknowledged: 0, now: 9_000) == 8_000)
    }

    @Test func aLongOutageIsKeptInFewMarksAndNeverLooksShorter() {
        var clock = LagClock()
        for number in 1...20_000 {
            clock.note(
                durable: UInt64(number), acknowledged: 0, now: Int64(number) * 50)
        }
        #expect(clock.lag(acknowledged: 0, now: 1_000_000) == 1_000_000 - 50)
        let half = clock.lag(acknowledged: 10_000, now: 1_000_000)
        #expect(half >= 500_000 - 50)
        #expect(half < 510_000)
    }
}
