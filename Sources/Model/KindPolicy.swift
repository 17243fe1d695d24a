/// How sessions of a kind are leased, retried and handed out.
public struct KindPolicy: Sendable, Hashable {
    /// How long a session is its writer's after each write. Default 30 s; 10 ms to 24 h.
    public var lease: Milliseconds = 30_000
    /// When a failed session is tried again, and when no more.
    public var retry = RetryPolicy()
    /// How long one run of the handler may take. Default 30 s; 10 ms to 24 h.
    public var handlerTimeout: Milliseconds = 30_000
    /// Runs at a time in one worker. Default 16; 1 to 10,000.
    public var concurrency = 16
    /// Runs a second in one worker; 0 is without limit. Default 0.
    public var ratePerSecond = 0
    /// When the whole kind is paused.
    public var breaker = BreakerPolicy()
    /// How fresh work keeps its share beside what is long overdue.
    public var backlog = BacklogPolicy()
    /// When a write to a session of this kind is acknowledged, unless the call says otherwise.
    public var acknowledgement = Acknowledgement.local

    public init() {}
}

/// When a write counts as done.
public enum Acknowledgement: String, Sendable, Hashable, CaseIterable {
    /// Durable in the node's journal.
    case local
    /// Also acknowledged by Kafka.
    case mirrored
}

/// When a failed session is tried again, and when no more.
public struct RetryPolicy: Sendable, Hashable {
    /// Before the second attempt. Default 1 s; 0 to 24 h.
    public var firstDelay: Milliseconds = 1_000
    /// What each delay is multiplied by for the next. Default 2; 1 to 100.
    public var factor = 2.0
    /// No delay is longer, jitter aside. Default 1 h.
    public var maxDelay: Milliseconds = 3_600_000
    /// Up to this part of the delay is added, at random, so that sessions that failed together do
    /// not return together. Default 0.2; 0 to 1.
    public var jitter = 0.2
    /// Runs before the session is parked; 0 is without limit. Default 16.
    public var maxAttempts: UInt32 = 16
    /// Age at which a session is parked instead of tried; 0 is without limit. Default 7 days.
    public var maxAge: Milliseconds = 7 * 24 * 3_600_000

    public init() {}

    /// The delay after `attempt` runs, the first being 1. `random` is uniform over all its values.
    /// Total: a policy out of its bounds gives a delay of 0 or more, never a trap.
    public func delay(afterAttempt attempt: UInt32, random: UInt64) -> Milliseconds {
        let longest = max(0, maxDelay)
        let first = min(max(0, firstDelay), longest)
        let scaled = Double(first) * growth(steps: attempt > 1 ? attempt - 1 : 0)
        let base = scaled < Double(longest) ? Milliseconds(scaled) : longest
        let (delay, overflow) = base.addingReportingOverflow(jitterPart(of: base, random: random))
        return overflow ? .max : delay
    }

    /// `factor` to the power of `steps`, by squaring: an attempt number from the wire costs no loop.
    private func growth(steps: UInt32) -> Double {
        guard factor > 1 else { return 1 }
        var result = 1.0
        var power = factor
        var rest = steps
        while rest > 0 {
            if rest & 1 == 1 { result *= power }
            power *= power
            rest >>= 1
        }
        return result
    }

    /// Uniform over 0...(delay × jitter).
    private func jitterPart(of delay: Milliseconds, random: UInt64) -> Milliseconds {
        guard jitter > 0, delay > 0 else { return 0 }
        let span = UInt64(min(Double(delay) * jitter, 4e18))
        return Milliseconds(random.multipliedFullWidth(by: span + 1).high)
    }
}

/// When a kind is paused because its dependency is down.
public struct BreakerPolicy: Sendable, Hashable {
    /// Failures in a row that open the breaker, and the fewest of which `rate` can; 0 switches it off.
    /// Default 10.
    public var failures = 10
    /// The part of the runs within `window` that opens it when they fail. Default 0.5; 0.01 to 1.
    public var rate = 0.5
    /// How far back `rate` looks. Default 30 s; 1 s to 1 h.
    public var window: Milliseconds = 30_000
    /// How long it stays open before one run is let through as a probe. Default 5 s.
    public var openFor: Milliseconds = 5_000
    /// Doubles with each failed first probe up to this. Default 5 min.
    public var maxOpenFor: Milliseconds = 300_000

    public init() {}
}

/// Order of hand-out while much is overdue. By due time alone, what falls due now would wait until all
/// that has piled up is worked off.
public struct BacklogPolicy: Sendable, Hashable {
    /// A kind whose oldest due session is later than this has a backlog. Default 30 s; 0 to 24 h.
    public var after: Milliseconds = 30_000
    /// The part of the hand-outs that goes to what fell due last, as long as there is a backlog. The
    /// rest goes to the oldest. Default 0.25; 0 to 0.9.
    public var freshShare = 0.25

    public init() {}
}
