import Model
@testable import Sessions
import TestSupport
import Testing

@Suite struct SchedulerTests {
    private let other = Kind(unchecked: "other")

    @Test func `never before the due millisecond, and the allowance where a clock set it`() {
        var part = SchedulerPartition(allowance: 7)
        part.open(1..<2, due: 100)
        #expect(part.next(0) ?? 0 <= 107)
        part.step(106)
        #expect(part.handedOut.isEmpty && part.next(106) == 107)
        part.step(107)
        #expect(part.handedOut.map(\.time) == [107])
        part.end(1, .retry(after: 50), at: 110)
        part.step(159)
        #expect(part.handedOut.count == 1)
        part.step(160)
        #expect(part.handedOut.count == 2, "the group's own due time needs no allowance")
    }

    @Test func `by due time, then by the order of scheduling, across kinds`() {
        var part = SchedulerPartition(kinds: [SessionTrace.kind: KindPolicy(), other: KindPolicy()])
        part.open(1..<3, due: 50)
        part.open(3..<5, due: 40, kind: other)
        part.open(5..<6, due: 50, kind: other)
        part.open(6..<7, due: 50)
        part.step(60)
        #expect(part.handedOut.map(\.id) == [3, 4, 1, 2, 5, 6].map(SessionTrace.id))
    }

    @Test func `the oldest due session is known, with a place for its kind or without`() {
        var policy = KindPolicy()
        policy.concurrency = 1
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy])
        part.open(1..<4, due: 50)
        part.open(4..<5, due: 20, kind: other)
        part.step(10)
        func readiness() -> [Kind: Readiness] {
            part.scheduler.readiness(now: Timestamp(milliseconds: 60), table: part.log.table)
        }
        #expect(
            part.scheduler.readiness(now: Timestamp(milliseconds: 10), table: part.log.table)
                .isEmpty)
        part.step(60)
        #expect(readiness()[SessionTrace.kind]?.count == 2)
        #expect(readiness()[SessionTrace.kind]?.oldest == Timestamp(milliseconds: 50))
        #expect(readiness()[other]?.count == 0, "it has no place to wait for")
        #expect(readiness()[other]?.oldest == Timestamp(milliseconds: 20))
        part.log.complete(4, 2)
        part.schedule(4)
        #expect(readiness()[other] == nil)
    }

    @Test func `a session is proposed once, however often it is scheduled`() {
        var part = SchedulerPartition()
        part.open(1..<2, due: 10)
        part.schedule(1)
        let events = part.propose(20)
        part.schedule(1)
        #expect(events.count == 1)
        #expect(part.propose(21).isEmpty)
        part.readBack(events, 21)
        #expect(part.handedOut.count == 1 && part.scheduler.proposed.isEmpty)
        #expect(part.propose(22).isEmpty)
    }

    @Test func `what overtakes a proposal wins, and the session is looked at again`() {
        var part = SchedulerPartition()
        part.open(1..<3, due: 10)
        let events = part.propose(20)
        part.log.append(1, 2, "late", until: 90)
        part.log.complete(2, 2)
        part.readBack(events, 20)
        #expect(part.handedOut.isEmpty)
        #expect(part.gates[SessionTrace.kind]?.running == 0)
        part.step(89)
        #expect(part.handedOut.isEmpty)
        part.step(90)
        #expect(part.handedOut.map(\.id) == [SessionTrace.id(1)])
    }

    @Test func `a renewed lease moves the session, and its old place is not used`() {
        var policy = KindPolicy()
        policy.concurrency = 1
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy])
        part.open(1..<4, due: 10)
        part.step(10)  // 1 runs; 2 and 3 are ready.
        part.log.extend(2, 2, until: 30)
        part.schedule(2)
        part.open(4..<5, due: 20)
        for time in [31, 32, 33, 34] as [Int64] {
            part.end(Int(part.handedOut.last?.id.low ?? 0), .complete, at: time)
            part.step(time)
        }
        #expect(part.handedOut.map(\.id) == [1, 3, 4, 2].map(SessionTrace.id))
    }

    @Test func `a step that ends at its limit is followed by another at once`() {
        var part = SchedulerPartition()
        part.open(1..<11, due: 10)
        var steps = 0
        while part.handedOut.count < 10, steps < 20 {
            part.step(10, limit: 3)
            if part.handedOut.count < 10 { #expect(part.next(10) == 10) }
            steps += 1
        }
        #expect(steps == 4)
        #expect((part.next(10) ?? 0) > 10)
    }

    @Test func `parking that a limit cut off goes on at once, though no place is free`() {
        var policy = KindPolicy()
        policy.concurrency = 1
        policy.handlerTimeout = 1_000_000
        policy.retry.maxAge = 500
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy])
        for number in 1..<6 {
            part.open(number..<number + 1, due: 10)
            part.step(10)
            part.end(number, .retry(after: 600), at: 11)
        }
        part.open(6..<7, due: 12)
        part.step(12)
        part.step(1_000, limit: 2)
        #expect(part.log.table.alive.parked == 2)
        #expect(part.next(1_000) == 1_000)
    }

    @Test func `a kind without places does not hold back another`() {
        var policy = KindPolicy()
        policy.concurrency = 1
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy, other: KindPolicy()])
        part.open(1..<100, due: 10)
        part.open(100..<102, due: 20, kind: other)
        part.step(30, limit: 3)
        #expect(part.handedOut.map(\.id) == [1, 100, 101].map(SessionTrace.id))
        #expect(part.scheduler.readyCount == 98)
    }

    @Test func `nothing waits for a time while only a release can help`() {
        var policy = KindPolicy()
        policy.concurrency = 1
        policy.handlerTimeout = 1_000_000
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy])
        part.open(1..<3, due: 10)
        part.step(10)
        part.step(11)
        #expect((part.next(11) ?? .max) > 60_000, "the deadline of the run, or its bucket")
        part.end(1, .complete, at: 12)
        #expect(part.next(12) == 12)
        part.step(12)
        #expect(part.handedOut.count == 2)
    }

    @Test func `a kind without handler waits, is counted once, and is parked when its age is up`() {
        var fallback = KindPolicy()
        fallback.retry.maxAge = 10_000
        var part = SchedulerPartition(fallback: fallback)
        part.open(1..<4, due: 100, kind: other)
        part.step(200)
        for number in 1..<4 { part.schedule(number) }
        part.step(201)
        #expect(part.scheduler.unhandled == [other: 3])
        part.log.complete(2, 2)
        part.schedule(2)
        #expect(part.scheduler.unhandled == [other: 2])
        // A handler comes: what it handles is handed out, at once.
        var handled = part
        handled.gates[other] = Gate(policy: KindPolicy())
        handled.step(300)
        #expect(handled.handedOut.map(\.id) == [1, 3].map(SessionTrace.id))
        #expect(handled.scheduler.unhandled.isEmpty)
        part.step(9_999)
        #expect(part.log.table.alive.parked == 0 && (part.next(9_999) ?? .max) <= 10_000)
        part.step(10_000)
        #expect(part.log.table.alive.parked == 2 && part.scheduler.unhandled.isEmpty)
        guard case .parked(let parking)? = part.log[1]?.phase else { return #expect(Bool(false)) }
        #expect(parking.reason == .handlerMissing)
    }

    @Test func `what a transaction has left to others never expires, whoever knows its databases`()
    {
        var fallback = KindPolicy()
        fallback.retry.maxAge = 10_000
        fallback.retry.maxAttempts = 1
        var part = SchedulerPartition(fallback: fallback)
        part.open(1..<3, due: 100, kind: .transactionFinish)
        part.step(1_000_000_000)
        #expect(part.log.table.alive.parked == 0)
        #expect(part.scheduler.unhandled == [.transactionFinish: 2])
        part.gates[.transactionFinish] = Gate(policy: .transactionFinish)
        part.step(1_000_000_001)
        #expect(part.handedOut.map(\.id) == [1, 2].map(SessionTrace.id))
    }

    @Test func `a clock that steps back between two steps strands nobody without handler`() {
        var fallback = KindPolicy()
        fallback.retry.maxAge = 10_000
        var part = SchedulerPartition(fallback: fallback)
        part.open(1..<5, due: 100, kind: other)
        part.step(20_000, limit: 1)
        part.step(5_000)
        #expect(part.scheduler.readyCount == 0 && part.scheduler.unhandled == [other: 3])
        part.step(10_000)
        #expect(part.log.table.alive.parked == 4)
    }

    @Test func `age parks what was tried; what nobody tried yet is tried first`() {
        var policy = KindPolicy()
        policy.retry.maxAge = 1_000
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy])
        part.open(1..<2, due: 100_000)
        part.step(100_000)
        #expect(part.handedOut.count == 1, "after eight idle days it still gets its run")
        part.end(1, .retry(after: 10), at: 100_001)
        part.step(100_011)
        guard case .parked(let parking)? = part.log[1]?.phase else { return #expect(Bool(false)) }
        #expect(parking.reason == .ageExceeded)
    }

    /// KurrentDB 2748.
    @Test
    func `a session that crashes the worker each time is parked: attempts count before the run`() {
        var policy = KindPolicy()
        policy.retry.maxAttempts = 3
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy])
        part.open(1..<2, due: 10)
        var now: Int64 = 10
        for _ in 0..<10 {
            // The worker dies: no outcome, no release; the next one begins with empty gates.
            part.step(now)
            part.gates = Gates([SessionTrace.kind: policy])
            now += policy.handlerTimeout
        }
        #expect(part.handedOut.map(\.run.attempt) == [1, 2, 3])
        guard case .parked(let parking)? = part.log[1]?.phase else { return #expect(Bool(false)) }
        #expect(parking.reason == .attemptsExhausted)
        #expect(part.log[1]?.history.count == 3)
    }

    /// KIP-1316.
    @Test func `an outage pauses a kind with half-open probes and uses up no attempts`() {
        var policy = KindPolicy()
        policy.breaker.failures = 5
        policy.retry.maxAttempts = 8
        policy.retry.jitter = 0
        var part = SchedulerPartition(kinds: [SessionTrace.kind: policy])
        let sessions = 40
        part.open(0..<sessions, due: 10)
        var now: Int64 = 10
        let end: Int64 = 6 * 3_600_000  // Six hours without the dependency.
        var runs = 0
        while now < end {
            part.step(now)
            for number in 0..<sessions where part.log[number]?.run != nil {
                runs += 1
                part.end(
                    number, .failed(.handlerFailed, reason: "refused"), at: now + 1,
                    policy: policy.retry)
            }
            now = max(now + 1, part.next(now + 1) ?? end)
        }
        #expect(part.log.table.alive.parked == 0)
        #expect(runs < 150, "probes are few")
        let attempts = part.log.table.sessions.values.map(\.attempts)
        #expect((attempts.max() ?? 99) <= 1 && attempts.reduce(0, +) <= 21)
        // It is back: everything runs.
        var completed = 0
        while completed < sessions, now < 2 * end {
            part.step(now)
            for number in 0..<sessions where part.log[number]?.run != nil {
                completed += 1
                part.end(number, .complete, at: now, policy: policy.retry)
            }
            now = max(now + 1, part.next(now) ?? 2 * end)
        }
        #expect(completed == sessions && part.log.table.alive.total == 0)
    }

    @Test func `outdated entries of the queue are swept`() {
        var part = SchedulerPartition()
        for number in 0..<70_000 {
            part.log.open(number, lease: 1_000_000_000)
            part.schedule(number)
            if number > 10 { part.log.complete(number, 2) }
        }
        part.step(1)
        #expect(part.scheduler.queue.count == 11)
        part.step(1_000_000_000)
        #expect(part.handedOut.count == 11)
    }
}
