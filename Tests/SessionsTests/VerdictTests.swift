import Model
import Sessions
import TestSupport
import Testing

@Suite struct VerdictTests {
    private func verdict(
        _ outcome: HandlerOutcome, attempt: UInt32 = 1, now: Int64 = 1_000, random: UInt64 = 0,
        _ change: (inout RetryPolicy) -> Void = { _ in }
    ) -> Event.Body? {
        var log = SessionTrace()
        log.open(1)
        guard let session = log[1] else { return nil }
        var policy = RetryPolicy()
        change(&policy)
        let run = Run(attempt: attempt, token: Position(rawValue: 9), deadline: .zero)
        return Verdict.event(
            for: outcome, of: run, session: session, policy: policy,
            now: Timestamp(milliseconds: now), random: random, limits: Limits()
        ).body
    }

    private func retry(_ body: Event.Body?) -> Event.Retry? {
        if case .retried(let retry)? = body { retry } else { nil }
    }

    private func parking(_ body: Event.Body?) -> Parking? {
        if case .parked(let parking, Position(rawValue: 9))? = body { parking } else { nil }
    }

    @Test func `complete and park say so with the run's token`() {
        #expect(verdict(.complete) == .completed(token: Position(rawValue: 9)))
        #expect(parking(verdict(.park(reason: "gone")))?.reason == .handlerRefused)
    }

    @Test func `jitter applies to the policy's delay, not to an explicit one`() {
        let byPolicy = retry(verdict(.failed(.handlerTimeout, reason: "slow"), random: .max))
        #expect(byPolicy?.due == Timestamp(milliseconds: 2_200) && byPolicy?.counted == true)
        #expect(byPolicy?.reason == "handlerTimeout: slow")
        let explicit = retry(verdict(.retry(after: 500), random: .max))
        #expect(explicit?.due == Timestamp(milliseconds: 1_500))
    }

    @Test func `nonsense in a delay is saturated`() {
        #expect(retry(verdict(.retry(after: -5)))?.due == Timestamp(milliseconds: 1_000))
        #expect(retry(verdict(.retry(after: .min)))?.due == Timestamp(milliseconds: 1_000))
        #expect(retry(verdict(.retry(after: .max)))?.due == Limits().maxDue)
        #expect(retry(verdict(.unavailable(after: .max)))?.due == Limits().maxDue)
    }

    @Test func `attempts or age used up park, but what is not its fault does not`() {
        let failure = HandlerOutcome.failed(.handlerFailed, reason: "why")
        let last = parking(verdict(failure, attempt: 16))
        #expect(last?.reason == .attemptsExhausted)
        #expect(last?.detail.contains("why") == true, "the last failure is not dropped")
        #expect(parking(verdict(failure, attempt: 15)) == nil)
        #expect(parking(verdict(failure, attempt: 99) { $0.maxAttempts = 0 }) == nil)
        #expect(parking(verdict(failure) { $0.maxAge = 1_000 })?.reason == .ageExceeded)
        #expect(parking(verdict(failure) { $0.maxAge = 1_001 }) == nil)
        #expect(retry(verdict(.unavailable(), attempt: 99))?.counted == false)
    }

    @Test func `a reason is cut at a character's boundary`() {
        let limits = Limits()
        let long = String(repeating: "🙂", count: 1_000)
        let clipped = limits.clipped(long)
        #expect(clipped.utf8.count <= limits.maxReasonBytes && clipped.hasSuffix("🙂…"))
        #expect(limits.clipped(clipped) == clipped)
        #expect(limits.clipped("short") == "short")
        let oneCharacter = "e" + String(repeating: "\u{301}", count: 5_000)
        #expect(limits.clipped(oneCharacter) == "…")
    }
}
