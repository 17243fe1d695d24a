import Model
@testable import Sessions
import TestSupport
import Testing

@Suite struct SchedulerTests {
    /// A partition with its scheduler and gates: events proposed are written and read back.
    private struct Partition {
        var log = SessionTrace()
        var scheduler: Scheduler
        var gates: Gates
        var handedOut: [(id: SessionID, time: Int64, run: Run)] = []

        init(
            allowance: Milliseconds = 0,
            kinds: [Kind: KindPolicy] = [SessionTrace.kind: KindPolicy()],
            fallback: KindPolicy = KindPolicy()
        ) {
            scheduler = Scheduler(allowance: allowance, fallback: fallback)
            gates = Gates(kinds)
            log.own()
        }

        mutating func schedule(_ number: Int) {
            scheduler.schedule(SessionTrace.id(number), in: &log.table)
        }

        /// Opens sessions that are due at `due`.
        mutating func open(_ numbers: Range<Int>, due: Int64, kind: Kind = SessionTrace.kind) {
            for number in numbers {
                log.open(number, lease: due, kind: kind)
                schedule(number)
            }
        }

        mutating func propose(_ now: Int64, limit: Int = 1_000) -> [Event] {
            scheduler.step(
                now: Timestamp(milliseconds: now), table: &log.table, gates: &gates, limit: limit)
        }

        mutating func readBack(_ events: [Event], _ now: Int64) {
            for event in events {
                let applied = log.add(event, from: Origin(writer: SessionTrace.worker))
                let kind = scheduler.decided(event.session, in: &log.table)
                guard case .claimed = event.body else { continue }
                if applied == .accepted, let run = log.table[event.session]?.run {
                    handedOut.append((event.session, now, run))
                } else if let kind {
                    gates.giveBack(kind, now: Timestamp(milliseconds: now))
                }
            }
        }

        mutating func step(_ now: Int64, limit: Int = 1_000) {
            readBack(propose(now, limit: limit), now)
        }

        func next(_ now: Int64) -> Int64? {
            scheduler.nextTime(now: Timestamp(milliseconds: now), gates: gates)?.milliseconds
        }

        /// A run's result, judged by the gate.
        mutating func end(
            _ number: Int, _ outcome: HandlerOutcome, at now: Int64,
            policy: RetryPolicy = RetryPolicy()
        ) {
            let id = SessionTrace.id(number)
            guard let session = log.table[id], let run = session.run else { return }
            let time = Timestamp(milliseconds: now)
            let judged = gates.release(session.kind, outcome, of: id, now: time)
            let event = Verdict.event(
                for: judged, of: run, session: session, policy: policy, now: time, random: 0,
                limits: Limits())
            log.add(event, from: Origin(writer: SessionTrace.worker))
            scheduler.schedule(id, in: &log.table)
        }
    }

    private let other = Kind(unchecked: "other")

    @Test func `never before the due millisecond, and the allowance where a clock set it`() {
        var part = Partition(allowance: 7)
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
        var part = Partition(kinds: [SessionTrace.kind: KindPolicy(), other: KindPolicy()])
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
        var part = Partition(kinds: [SessionTrace.kind: policy])
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
        var part = Partition()
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
        var part = Partition()
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
        var part = Partition(kinds: [SessionTrace.kind: policy])
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
        var part = Partition()
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
        var part = Partition(kinds: [SessionTrace.kind: policy])
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
        var part = Partition(kinds: [SessionTrace.kind: policy, other: KindPolicy()])
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
        var part = Partition(kinds: [SessionTrace.kind: policy])
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
        var part = Partition(fallback: fallback)
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
        var part = Partition(fallback: fallback)
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
        var part = Partition(fallback: fallback)
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
        var part = Partition(kinds: [SessionTrace.kind: policy])
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
        var part = Partition(kinds: [SessionTrace.kind: policy])
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
        var part = Partition(kinds: [SessionTrace.kind: policy])
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

    private func backlogged(share: Double, fresh: Int = 20) -> Partition {
        var policy = KindPolicy()
        policy.concurrency = 1_000
        policy.backlog.after = 1_000
        policy.backlog.freshShare = share
        var part = Partition(kinds: [SessionTrace.kind: policy])
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

    @Test func `outdated entries of the queue are swept`() {
        var part = Partition()
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
            var part = Partition(
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
        _ number: Int, _ part: inout Partition, _ now: Int64, _ random: inout SeededRandom
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
