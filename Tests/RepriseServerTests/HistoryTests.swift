import Model
import Reprise
import Testing

@testable import RepriseServer

@Suite struct HistoryTests {
    private func status(_ seconds: Int64) -> ProcessStatus {
        ProcessStatus(
            role: .standalone, node: "n", started: .zero,
            now: Timestamp(milliseconds: seconds * 1_000))
    }

    private func totals(_ opened: UInt64, _ completed: UInt64 = 0) -> Totals {
        var totals = Totals()
        totals.opened = opened
        totals.completed = completed
        return totals
    }

    @Test func ratesArePerSecondSinceTheSampleBefore() {
        var ring = HistoryRing()
        var first = status(10)
        first.logs = [0: totals(100, 40)]
        ring.add(first)
        #expect(ring.samples.isEmpty, "one look tells no rate")
        var second = status(15)
        second.logs = [0: totals(120, 50)]
        second.recovery.tally.failed = 10
        second.recovery.tally.parked = 5
        second.recovery.oldestDue = Timestamp(milliseconds: 14_000)
        second.alive.open = 7
        ring.add(second)
        let sample = ring.samples.first
        #expect(sample?.time == second.now)
        #expect(sample?.opened == 4 && sample?.completed == 2)
        #expect(sample?.failed == 2 && sample?.parked == 1)
        #expect(sample?.dueLag == 1_000 && sample?.alive.open == 7)
    }

    @Test func aPartitionThatComesOrGoesIsNoRush() {
        var ring = HistoryRing()
        var look = status(0)
        look.logs = [1: totals(1_000), 2: totals(50)]
        ring.add(look)
        look = status(1)
        look.logs = [2: totals(53), 3: totals(1_000_000)]
        ring.add(look)
        #expect(ring.samples.map(\.opened) == [3])
    }

    @Test func countsThatFallAndClocksThatStepBackTellNothing() {
        var ring = HistoryRing()
        var look = status(100)
        look.logs = [0: totals(10)]
        ring.add(look)
        look = status(50)
        look.logs = [0: totals(20)]
        ring.add(look)
        #expect(ring.samples.isEmpty)
        look = status(51)
        look.logs = [0: totals(5)]
        ring.add(look)
        #expect(ring.samples.map(\.opened) == [0])
    }

    @Test func theRingIsBounded() {
        var ring = HistoryRing()
        for second in 0..<Int64(HistoryRing.capacity + 50) { ring.add(status(second)) }
        #expect(ring.samples.count == HistoryRing.capacity)
        #expect(ring.samples.last?.time == Timestamp(milliseconds: 169_000))
    }
}
