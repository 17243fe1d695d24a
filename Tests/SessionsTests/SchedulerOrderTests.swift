import Model
import TestSupport
import Testing

@testable import Sessions

/// In which order sessions are handed out: beside a backlog, and as a naive scheduler would.
@Suite struct SchedulerOrderTests {
    private let other = Kind(unchecked: "other")

    private func backlogged(share: Double, fresh: Int = 20) -> SchedulerPartition {
        var policy = KindPolicy()
        policy.concurrency = 1_000
        policy.backlog.after = 1_000
        policy.backlog.freshShare = share
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy])
        part.open(0..<100, due: 10)
        part.open(100..<100 + fresh, due: 99_500)
        return part
    }

    @Test func `beside a backlog fresh work gets its share, and the oldest the rest`() {
        var part = backlogged(share: 0.25)
        part.step(100_000, limit: 40)
        let numbers = part.handedOut.map { Int($0.id.low) }
        #expect(numbers.filter { $0 >= 100 }.count == 9)
        #expect(numbers.filter { $0 < 100 } == Array(0..<31), "in order")
        #expect(numbers[..<5] == [0, 1, 2, 3, 119], "the one that fell due last, in its turn")
        part.step(100_001)
        #expect(part.handedOut.count == 120, "nobody is forgotten")
    }

    @Test func `without a backlog, without fresh work and without a share it is due order`() {
        var early = backlogged(share: 0.25)
        early.step(1_010, limit: 40)
        #expect(early.handedOut.map { Int($0.id.low) } == Array(0..<40), "nothing is late")
        var stale = backlogged(share: 0.25)
        stale.step(200_000)
        #expect(stale.handedOut.map { Int($0.id.low) } == Array(0..<120), "all is late")
        var strict = backlogged(share: 0)
        strict.step(100_000)
        #expect(strict.handedOut.map { Int($0.id.low) } == Array(0..<120))
    }

    @Test func `what fresh work is owed does not add up while there is none`() {
        var part = backlogged(share: 0.25, fresh: 0)
        part.step(50_000, limit: 60)
        part.open(200..<210, due: 50_000)
        part.step(50_001, limit: 8)
        let fresh = part.handedOut[60...].filter { $0.id.low >= 200 }
        #expect(fresh.count == 2, "one at once, one in its turn")
    }

    /// Every session's due time, in a list: nobody early, nobody forgotten, in order, and a scheduler
    /// that is only called when it asked to be.
    @Test func `it hands out what a naive scheduler would`() {
        for seed in UInt64(0)..<30 {
            var random = SeededRandom(seed: seed)
            var policy = KindPolicy()
            policy.concurrency = 1 + random.below(4)
            policy.handlerTimeout = 200
            policy.retry.maxAttempts = 0
            policy.breaker.failures = 0
            var part = SchedulerPartition(
                allowance: Int64(random.below(5)),
                kinds: [SessionTrace.kind: policy, other: policy])
            let limit = 1 + random.below(5)
            var now: Int64 = 0
            var opened = 0
            var checked = 0
            var wakes = 0
            while now < 3_000, wakes < 5_000 {
                wakes += 1
                if random.chance(40), now < 2_000 {
                    part.open(
                        opened..<opened + 1, due: now + Int64(random.below(300)),
                        kind: random.chance(50) ? other : SessionTrace.kind)
                    opened += 1
                }
                if opened > 0, random.chance(40) {
                    disturb(random.below(opened), &part, now, &random)
                }
                let before = part.log.table
                let free = [SessionTrace.kind, other].map {
                    ($0, policy.concurrency - (part.gates[$0]?.running ?? 0))
                }
                let events = part.propose(now, limit: limit)
                let expected = naive(
                    before, part.scheduler.allowance, now, Dictionary(uniqueKeysWithValues: free),
                    limit)
                #expect(events.map(\.session) == expected, "seed \(seed) at \(now)")
                checked += events.count
                part.readBack(events, now)
                if let next = part.next(now) {
                    // Sometimes an event wakes it earlier.
                    now = random.chance(50) ? max(next, now) : now + Int64(random.below(10))
                } else {
                    now += Int64(random.below(50))
                }
            }
            #expect(wakes < 5_000, "seed \(seed): it asks to be called in vain")
            #expect(checked > 0, "seed \(seed)")
        }
    }

    private func disturb(
        _ number: Int, _ part: inout SchedulerPartition, _ now: Int64, _ random: inout SeededRandom
    ) {
        guard let session = part.log[number] else { return }
        switch session.phase {
        case .open:
            if random.chance(50) {
                part.log.extend(number, session.sequence + 1, until: now + 100)
            } else {
                part.log.close(number, session.sequence + 1, due: now + Int64(random.below(50)))
            }
        case .waiting: part.log.requeue(number, due: now + Int64(random.below(20)))
        case .running:
            part.end(
                number, random.chance(40) ? .complete : .retry(after: Int64(random.below(60))),
                at: now)
        case .parked: break
        }
        part.schedule(number)
    }

    private func naive(
        _ table: SessionTable, _ allowance: Milliseconds, _ now: Int64, _ places: [Kind: Int],
        _ limit: Int
    ) -> [SessionID] {
        var places = places
        var chosen: [SessionID] = []
        let due = table.sessions.values.compactMap { session -> DueQueue.Entry? in
            guard let wake = session.wake(allowance: allowance), wake.milliseconds <= now else {
                return nil
            }
            return DueQueue.Entry(due: wake, order: session.order, session: session.id)
        }
        for entry in due.sorted() {
            guard chosen.count < limit, let kind = table[entry.session]?.kind else { break }
            guard let free = places[kind], free > 0 else { continue }
            places[kind] = free - 1
            chosen.append(entry.session)
        }
        return chosen
    }
}
