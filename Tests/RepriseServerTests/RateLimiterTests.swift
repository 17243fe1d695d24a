import HTTPTypes
import Testing

@testable import RepriseServer

@Suite struct RateLimiterTests {
    @Test func aSecondsWorthMayComeAtOnce() {
        var bucket = TokenBucket(perSecond: 2, at: .zero)
        #expect(bucket.take(at: .zero) == nil)
        #expect(bucket.take(at: .zero) == nil)
        #expect(bucket.take(at: .zero) == .milliseconds(500))
        #expect(bucket.take(at: .milliseconds(250)) == .milliseconds(250))
        #expect(bucket.take(at: .milliseconds(500)) == nil)
        // A long pause gives a second's worth, no more; a clock that stands still gives nothing.
        #expect(bucket.take(at: .seconds(3_600)) == nil)
        #expect(bucket.take(at: .seconds(3_600)) == nil)
        #expect(bucket.take(at: .seconds(3_599)) == .milliseconds(500))
    }

    @Test func eachCallerHasItsOwn() {
        let limiter = RateLimiter(perSecond: 1, now: { .seconds(5) })
        #expect(limiter.delay(for: "shop") == nil)
        #expect(limiter.delay(for: "shop") == .seconds(1))
        #expect(limiter.delay(for: "ops") == nil)
        let free = RateLimiter(perSecond: 0, now: { .zero })
        for _ in 0..<1_000 { #expect(free.delay(for: "shop") == nil) }
    }

    @Test func whoAsksTooOftenIsToldWhenToComeAgain() async throws {
        var configuration = ServerConfiguration()
        configuration.ratePerSecond = 1
        try await API.withServer(MemoryStore(), configuration) { (api) async throws in
            var refused: Reply?
            // However slow the machine is, some two of them come within a second.
            for _ in 0..<1_000 where refused == nil {
                let reply = try await api.get("/v1/sessions")
                if reply.status == .tooManyRequests { refused = reply }
            }
            #expect(refused?.code == "tooManyRequests")
            #expect(refused?.headers[.retryAfter] == "1")
            for _ in 0..<5 { #expect(try await api.get("/health/live").status == .ok) }
        }
    }
}
