internal import Model
internal import Reprise
internal import Sessions

struct KindsBody: Encodable {
    var kinds: [KindBody]

    init(_ kinds: [KindStatus], now: Timestamp) {
        self.kinds = kinds.map { KindBody($0, now: now) }
    }
}

struct KindBody: Encodable {
    var kind: String
    var policy: PolicyBody
    var sessions: CountsBody
    /// Due and waiting for a place.
    var ready: Int
    /// Places taken in this process.
    var runs: Int
    var hasHandler: Bool
    var paused: Bool
    var pause: PausePart?
    var breaker: BreakerPart?

    struct PausePart: Encodable {
        var sinceMs: Int64
        var by: String
        var reason: String
    }

    struct BreakerPart: Encodable {
        var state: String
        /// In a row, while it is closed.
        var failures: Int?
        /// While it is open.
        var untilMs: Int64?
    }

    init(_ status: KindStatus, now: Timestamp) {
        kind = status.kind.name
        policy = PolicyBody(status.policy)
        sessions = CountsBody(status.alive)
        ready = status.ready
        runs = status.gate?.running ?? 0
        hasHandler = status.gate != nil
        paused = status.pause != nil
        pause = status.pause.map {
            PausePart(sinceMs: $0.since.milliseconds, by: $0.by, reason: $0.reason)
        }
        breaker = status.gate.map { gate in
            switch gate.breaker.state {
            case .closed(let failures): BreakerPart(state: "closed", failures: failures)
            case .open(let until, _):
                BreakerPart(state: "open", untilMs: until.milliseconds)
            case .probing: BreakerPart(state: "probing")
            }
        }
    }
}

/// A kind's policy, by the names of its settings.
struct PolicyBody: Encodable {
    var leaseMs: Int64
    var acknowledgement: String
    var handlerTimeoutMs: Int64
    var concurrency: Int
    var ratePerSecond: Int
    var retry: Retry
    var breaker: BreakerPart
    var backlog: Backlog

    struct Retry: Encodable {
        var firstDelayMs: Int64
        var factor: Double
        var maxDelayMs: Int64
        var jitter: Double
        var maxAttempts: UInt32
        var maxAgeMs: Int64
    }

    struct BreakerPart: Encodable {
        var failures: Int
        var rate: Double
        var windowMs: Int64
        var openForMs: Int64
        var maxOpenForMs: Int64
    }

    struct Backlog: Encodable {
        var afterMs: Int64
        var freshShare: Double
    }

    init(_ policy: KindPolicy) {
        leaseMs = policy.lease
        acknowledgement = policy.acknowledgement.rawValue
        handlerTimeoutMs = policy.handlerTimeout
        concurrency = policy.concurrency
        ratePerSecond = policy.ratePerSecond
        retry = Retry(
            firstDelayMs: policy.retry.firstDelay, factor: policy.retry.factor,
            maxDelayMs: policy.retry.maxDelay, jitter: policy.retry.jitter,
            maxAttempts: policy.retry.maxAttempts, maxAgeMs: policy.retry.maxAge)
        breaker = BreakerPart(
            failures: policy.breaker.failures, rate: policy.breaker.rate,
            windowMs: policy.breaker.window, openForMs: policy.breaker.openFor,
            maxOpenForMs: policy.breaker.maxOpenFor)
        backlog = Backlog(
            afterMs: policy.backlog.after, freshShare: policy.backlog.freshShare)
    }
}
