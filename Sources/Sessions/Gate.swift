public import Model

/// How many runs of one kind a worker may start: concurrency, rate, pause and breaker.
public struct Gate: Sendable, Hashable {
    /// Places taken and neither released nor given back.
    public private(set) var running = 0
    /// Fed by `release` and `giveBack`.
    public fileprivate(set) var breaker: Breaker
    /// Concurrency and rate hold from the next `acquire` on; the breaker keeps the policy that it
    /// began with.
    public var policy: KindPolicy
    /// While it is true, no run starts; what runs goes on.
    public var isPaused = false
    /// Runs that may start at once; refilled with time, up to one second's worth.
    private var tokens: Double
    private var refilled = Timestamp.zero

    /// All places free, one second's worth of the rate at hand, the breaker closed.
    public init(policy: KindPolicy) {
        self.policy = policy
        breaker = Breaker(policy: policy.breaker)
        tokens = Double(policy.ratePerSecond)
    }

    /// Takes a place for a run; false when there is none now.
    public mutating func acquire(now: Timestamp) -> Bool {
        guard !isPaused, running < policy.concurrency else { return false }
        refill(now)
        if policy.ratePerSecond > 0, tokens < 1 { return false }
        guard breaker.admits(running: running, now: now) else { return false }
        if policy.ratePerSecond > 0 { tokens -= 1 }
        running += 1
        return true
    }

    /// A place is free again, and what happened tells about the dependency. Returns the outcome to
    /// write: a failure while the breaker is open, or that opens it, costs `session` no attempt.
    @discardableResult
    public mutating func release(
        _ outcome: HandlerOutcome, of session: SessionID? = nil, now: Timestamp
    ) -> HandlerOutcome {
        running = max(0, running - 1)
        switch outcome {
        case .complete, .retry, .park:
            breaker.succeeded(concurrency: policy.concurrency, now: now)
            return outcome
        case .unavailable:
            _ = breaker.failed(now: now, of: session)
            return outcome
        case .failed(let code, let reason):
            guard !breaker.failed(now: now, of: session) else { return outcome }
            return .unavailable(reason: "\(code.rawValue), with the breaker open: \(reason)")
        }
    }

    /// The place was not used: the claim was not accepted, or the partition was lost.
    public mutating func giveBack(now: Timestamp) {
        running = max(0, running - 1)
        breaker.probeReturned(now: now)
    }

    /// When a refused run may be tried again: `now` when it may already; nil when only a release or
    /// the end of the pause can help.
    public func retryTime(now: Timestamp) -> Timestamp? {
        guard !isPaused, running < policy.concurrency else { return nil }
        if case .probing = breaker.state, running >= breaker.probes { return nil }
        let opens = max(breaker.opens(now: now) ?? now, now)
        guard policy.ratePerSecond > 0 else { return opens }
        let missing = 1 - tokens(at: now)
        guard missing > 0 else { return opens }
        let wait = (missing * 1_000 / Double(policy.ratePerSecond)).rounded(.up)
        return max(opens, now + Milliseconds(wait))
    }

    private mutating func refill(_ now: Timestamp) {
        guard policy.ratePerSecond > 0 else { return }
        tokens = tokens(at: now)
        refilled = now
    }

    /// A clock that steps back refills nothing; one that steps forward, one second's worth.
    private func tokens(at now: Timestamp) -> Double {
        let rate = Double(policy.ratePerSecond)
        return min(rate, tokens + Double(max(0, now - refilled)) * rate / 1_000)
    }
}

/// The gates of a worker, shared by its partitions. A kind without a gate has no handler here.
public struct Gates: Sendable {
    private var gates: [Kind: Gate] = [:]

    /// A gate for each of the kinds, which are those that have a handler.
    public init(_ policies: [Kind: KindPolicy] = [:]) {
        for (kind, policy) in policies { gates[kind] = Gate(policy: policy) }
    }

    /// The kind's gate; nil for a kind without a handler.
    public subscript(kind: Kind) -> Gate? {
        get { gates[kind] }
        set { gates[kind] = newValue }
    }

    /// Makes the gates those of `kinds`, with the policies that they have now. Places that are taken
    /// and what the breaker knows are kept; a kind that is no more has no gate.
    public mutating func reconfigure(
        _ kinds: some Collection<Kind>, paused: Set<Kind> = [], policy: (Kind) -> KindPolicy
    ) {
        var changed: [Kind: Gate] = [:]
        for kind in kinds {
            var gate = gates[kind] ?? Gate(policy: policy(kind))
            gate.policy = policy(kind)
            gate.breaker.policy = gate.policy.breaker
            gate.isPaused = paused.contains(kind)
            changed[kind] = gate
        }
        gates = changed
    }

    /// The kinds that have a handler, in no order.
    public var kinds: [Kind] { Array(gates.keys) }

    /// See `Gate.acquire`; false for a kind without a gate.
    public mutating func acquire(_ kind: Kind, now: Timestamp) -> Bool {
        gates[kind]?.acquire(now: now) ?? false
    }

    /// See `Gate.release`: write the outcome that it returns.
    @discardableResult
    public mutating func release(
        _ kind: Kind, _ outcome: HandlerOutcome, of session: SessionID? = nil, now: Timestamp
    ) -> HandlerOutcome {
        gates[kind]?.release(outcome, of: session, now: now) ?? outcome
    }

    /// See `Gate.giveBack`.
    public mutating func giveBack(_ kind: Kind, now: Timestamp) {
        gates[kind]?.giveBack(now: now)
    }
}
