import Model
import TestSupport
import Testing

@Suite struct RetryPolicyTests {
    @Test func `delays grow by the factor up to the longest`() {
        var policy = RetryPolicy()
        policy.jitter = 0
        let delays = (1...14).map { policy.delay(afterAttempt: $0, random: 0) }
        #expect(delays.prefix(4) == [1_000, 2_000, 4_000, 8_000])
        #expect(delays.last == 3_600_000)
        #expect(policy.delay(afterAttempt: 0, random: 0) == 1_000)
        #expect(policy.delay(afterAttempt: .max, random: 0) == 3_600_000)
    }

    @Test func `jitter lies within its bounds, reaches both ends and is never below the delay`() {
        var policy = RetryPolicy()
        policy.firstDelay = 100
        policy.jitter = 0.2
        var random = SeededRandom(seed: 11)
        var seen: Set<Milliseconds> = []
        for _ in 0..<5_000 { seen.insert(policy.delay(afterAttempt: 1, random: random.next())) }
        #expect(seen == Set(100...120))
        #expect(policy.delay(afterAttempt: 1, random: .max) == 120)
        #expect(policy.delay(afterAttempt: 1, random: 0) == 100)
    }

    @Test func `nonsense gives a delay, never a trap`() {
        let doubles = [0, -1, 1e-300, 1e300, Double.nan, .infinity, -.infinity, 1.0000001]
        let times: [Milliseconds] = [.min, -1, 0, 1, .max]
        for factor in doubles {
            for jitter in doubles {
                for first in times {
                    for longest in times {
                        var policy = RetryPolicy()
                        policy.factor = factor
                        policy.jitter = jitter
                        policy.firstDelay = first
                        policy.maxDelay = longest
                        for attempt in [UInt32(0), 1, 2, .max] {
                            #expect(policy.delay(afterAttempt: attempt, random: .max) >= 0)
                        }
                    }
                }
            }
        }
    }
}

@Suite struct PolicyChecksTests {
    @Test func `the defaults are within their own bounds`() throws {
        try KindPolicy().validate()
        try Limits().validate()
    }

    @Test(
        arguments: [
            { $0.lease = 9 }, { $0.lease = .max }, { $0.handlerTimeout = 0 },
            { $0.concurrency = 0 },
            { $0.ratePerSecond = -1 }, { $0.retry.firstDelay = -1 }, { $0.retry.maxDelay = .max },
            { $0.retry.factor = .nan }, { $0.retry.factor = 0.5 }, { $0.retry.jitter = .nan },
            { $0.retry.jitter = 1.1 }, { $0.retry.maxAge = -1 }, { $0.breaker.openFor = 0 },
            { $0.breaker.maxOpenFor = 1 }, { $0.breaker.failures = -1 },
            { $0.breaker.rate = 0 }, { $0.breaker.rate = .nan }, { $0.breaker.window = 0 },
            { $0.backlog.after = -1 }, { $0.backlog.freshShare = 1 },
            { $0.backlog.freshShare = .nan },
        ] as [@Sendable (inout KindPolicy) -> Void])
    func `a policy out of bounds is refused`(change: @Sendable (inout KindPolicy) -> Void) {
        var policy = KindPolicy()
        change(&policy)
        #expect(throws: RepriseError.self) { try policy.validate() }
    }

    @Test(
        arguments: [
            { $0.maxSessionBytes = 900_000 }, { $0.maxRecords = 100_000 },
            { $0.maxHeaders = 1_000 },
            { $0.maxReasonBytes = 8 }, { $0.maxHistory = 0 }, { $0.maxHeaders = .max },
            { $0.maxReasonBytes = 100_000 },
        ] as [@Sendable (inout Limits) -> Void])
    func `limits that no message can hold are refused`(change: @Sendable (inout Limits) -> Void) {
        var limits = Limits()
        change(&limits)
        #expect(throws: RepriseError.self) { try limits.validate() }
    }

    @Test func `a session at every limit fits one message`() throws {
        let limits = Limits()
        let reason = String(repeating: "r", count: limits.maxReasonBytes)
        let headers = (0..<limits.maxHeaders).map { index in
            Header("h\(index)", String(repeating: "v", count: limits.maxHeaderBytes - 4))
        }
        let headerBytes = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        let each = (limits.maxSessionBytes - headerBytes) / limits.maxRecords
        let attempt = Attempt(number: .max, time: .distantFuture, counted: false, reason: reason)
        let snapshot = Snapshot(
            kind: Kind(unchecked: String(repeating: "k", count: Limits.maxKindBytes)),
            version: .max,
            headers: headers,
            records: [[UInt8]](
                repeating: [UInt8](repeating: 1, count: each), count: limits.maxRecords),
            created: .distantFuture,
            phase: .parked(
                Parking(reason: .attemptsExhausted, detail: reason, time: .distantFuture)),
            attempts: .max, order: .max,
            history: [Attempt](repeating: attempt, count: limits.maxHistory), sequence: .max,
            unread: (0..<limits.maxHistory).map { _ in
                [UInt8](repeating: 2, count: Limits.maxUnreadBytes / limits.maxHistory)
            }, first: Position(rawValue: .max))
        let event = Event(
            session: SessionID(high: .max, low: .max), sequence: .max, partition: .max,
            body: .requeued(
                Event.Requeue(due: .distantFuture, time: .distantFuture, snapshot: snapshot)))
        // As a dead letter it has its headers twice: in the value, and as Kafka headers.
        let asKafkaHeaders = headerBytes + headers.count * 8 + Limits.ownHeaderBytes
        #expect(event.encodedSize + asKafkaHeaders <= limits.largestMessageBytes)
        #expect(limits.largestMessageBytes <= Limits.maxMessageBytes)
    }
}
