import WAL
import Testing

@Suite struct GatheringTests {
    @Test func `a log with few writers never waits`() {
        var gathering = Gathering()
        #expect(gathering.wish() == nil, "nothing was written yet")
        gathering.wrote(woken: Gathering.fewest - 1, nanoseconds: 100_000)
        #expect(gathering.wish() == nil)
    }

    @Test func `it waits once for each write, for a part of what that took`() {
        var gathering = Gathering()
        gathering.wrote(woken: 64, nanoseconds: 100_000)
        let wish = gathering.wish()
        #expect(wish == Gathering.Wish(frames: 56, nanoseconds: 50_000))
        #expect(gathering.wish() == nil)
    }

    @Test func `waits in vain become rare, and one that pays brings them back`() {
        var gathering = Gathering()
        func writes(until stop: Int) -> [Int] {
            (0..<stop).filter { _ in
                gathering.wrote(woken: 64, nanoseconds: 100_000)
                guard let wish = gathering.wish() else { return false }
                gathering.gathered(0, of: wish)
                return true
            }
        }
        #expect(writes(until: 40) == [0, 5, 14, 31])
        while true {
            gathering.wrote(woken: 64, nanoseconds: 100_000)
            guard let wish = gathering.wish() else { continue }
            gathering.gathered(60, of: wish)
            break
        }
        gathering.wrote(woken: 64, nanoseconds: 100_000)
        #expect(gathering.wish() != nil)
    }
}
