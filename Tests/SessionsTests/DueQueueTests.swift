import Model
import Sessions
import TestSupport
import Testing

@Suite struct DueQueueTests {
    private func entry(_ due: Int64, _ order: UInt64) -> DueQueue.Entry {
        DueQueue.Entry(
            due: Timestamp(milliseconds: due), order: order, session: SessionTrace.id(Int(order)))
    }

    @Test func `it hands out what a sorted list would, never early`() {
        for seed in UInt64(0)..<200 {
            var random = SeededRandom(seed: seed)
            var queue = DueQueue()
            var model: [DueQueue.Entry] = []
            var now: Int64 = Int64(random.below(1 << 20))
            for step in 0..<300 {
                if random.chance(55) {
                    let reach = random.pick([10, 1_000, 100_000, 10_000_000])
                    var due = now + Int64(random.below(reach)) - Int64(reach / 4)
                    if random.chance(2) { due = random.pick([.min, .max, .max - 1, 0]) }
                    let new = entry(due, UInt64(step))
                    queue.insert(new)
                    model.append(new)
                    model.sort()
                } else {
                    // Steps back, too.
                    now += Int64(random.below(random.pick([10, 2_000, 200_000]))) - 5
                    let time = Timestamp(milliseconds: now)
                    let expected = model.first.flatMap { $0.due <= time ? $0 : nil }
                    #expect(queue.pop(due: time) == expected, "seed \(seed), step \(step)")
                    if expected != nil { model.removeFirst() }
                }
                #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
                // Never later than the first: a wait for it misses nothing.
                if let first = model.first {
                    let next = queue.next ?? .distantFuture
                    #expect(next <= first.due, "seed \(seed), step \(step)")
                } else {
                    #expect(queue.next == nil)
                }
            }
        }
    }

    /// rocketmq 6566.
    @Test func `half a million sessions due in the same second keep their order`() {
        var random = SeededRandom(seed: 3)
        var queue = DueQueue()
        let count = 500_000
        for order in 0..<count {
            queue.insert(entry(1_000_000 + Int64(random.below(1_000)), UInt64(order)))
        }
        var last = entry(.min, 0)
        var popped = 0
        var isOrdered = true
        while let next = queue.pop(due: Timestamp(milliseconds: 1_000_999)) {
            if !(last < next) { isOrdered = false }
            last = next
            popped += 1
        }
        #expect(popped == count && isOrdered)
    }

    @Test func `waiting for what is next ends at what is due`() {
        var queue = DueQueue()
        queue.insert(entry(10_000_000, 1))
        var now = Timestamp(milliseconds: 0)
        var looks = 0
        while queue.pop(due: now) == nil, let next = queue.next {
            #expect(next > now || looks == 0)
            now = next
            looks += 1
        }
        #expect(now == Timestamp(milliseconds: 10_000_000))
        #expect(looks <= 3)
    }
}
