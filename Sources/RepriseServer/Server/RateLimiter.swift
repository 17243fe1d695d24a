internal import Synchronization

/// How much a caller may still ask for: `perSecond` come back each second, up to a second's worth.
struct TokenBucket: Sendable, Hashable {
    private let perSecond: Double
    private var left: Double
    private var at: Duration

    /// Full at `now`, a monotonic time.
    init(perSecond: Int, at now: Duration) {
        self.perSecond = Double(perSecond)
        left = Double(perSecond)
        at = now
    }

    /// Takes one, or tells how long until there is one again.
    mutating func take(at now: Duration) -> Duration? {
        if now > at {
            left = min(perSecond, left + (now - at) / .seconds(1) * perSecond)
            at = now
        }
        guard left < 1 else {
            left -= 1
            return nil
        }
        return .seconds((1 - left) / perSecond)
    }
}

/// A bucket for each caller. There are as many as there are tokens.
final class RateLimiter: Sendable {
    private let buckets = Mutex<[String: TokenBucket]>([:])
    private let perSecond: Int
    private let now: @Sendable () -> Duration

    /// 0 is without limit.
    init(perSecond: Int, now: @escaping @Sendable () -> Duration = RateLimiter.clock) {
        self.perSecond = perSecond
        self.now = now
    }

    /// Nil when `caller` may go on; else after how long.
    func delay(for caller: String) -> Duration? {
        guard perSecond > 0 else { return nil }
        let time = now()
        return buckets.withLock { buckets in
            buckets[caller, default: TokenBucket(perSecond: perSecond, at: time)].take(at: time)
        }
    }

    private static let start = ContinuousClock.now
    static let clock: @Sendable () -> Duration = { ContinuousClock.now - start }
}
