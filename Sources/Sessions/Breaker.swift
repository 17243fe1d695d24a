public import Model

/// Pauses a kind whose dependency is down, so that an outage does not use up its sessions' attempts.
/// - `closed`: counts failures; too many in a row, or too large a part of the last runs, open it.
/// - `open`: nothing is handed out until `until`, then one run.
/// - `probing`: half-open. One run at first, one more for each success, until the kind has all its
///   places again: then it is closed. What has piled up does not come down on a dependency that is
///   only just back. The runs since it was half-open are judged by the same rate as all others: too
///   large a part of failures opens it again, the first run's failure for twice as long. A kind whose
///   runs fail now and then, as they do while the breaker is closed, gets its places back all the same.
public struct Breaker: Sendable, Hashable {
    /// Where the breaker is; see above for what leads from one to another.
    public enum State: Sendable, Hashable {
        /// Runs start as they come; `failures` in a row so far.
        case closed(failures: Int)
        /// Nothing starts before `until`. `lasting` is how long the breaker was opened for: where
        /// the next probe fails, it is opened for twice as long.
        case open(until: Timestamp, lasting: Milliseconds)
        /// A few runs are let through, and nothing else starts until one of them ends.
        case probing(lasting: Milliseconds)
    }

    /// Changed only by what runs come to.
    public private(set) var state = State.closed(failures: 0)
    /// How many failures open it, and for how long. A change counts from the next outcome.
    public var policy: BreakerPolicy
    /// Runs at a time while it is probing.
    public private(set) var probes = 1
    private var probeFailures = 0
    private var recent = OutcomeWindow()
    /// The sessions that have failed since the last success; no more than tell an outage from
    /// sessions that always fail.
    private var failing: Set<SessionID> = []

    /// Closed, without failures. A policy of 0 failures never opens.
    public init(policy: BreakerPolicy) {
        self.policy = policy
    }

    /// Whether a run may start now, beside `running` others. When the breaker was open long enough,
    /// that run is the first probe.
    mutating func admits(running: Int, now: Timestamp) -> Bool {
        switch state {
        case .closed: return true
        case .probing: return running < probes
        case .open(_, let lasting):
            guard let opens = opens(now: now), opens <= now else {
                rebase(now: now)
                return false
            }
            state = .probing(lasting: lasting)
            probes = 1
            probeFailures = 0
            return true
        }
    }

    /// While it is open, the success is of a run that began before: it says nothing of now.
    mutating func succeeded(concurrency: Int, now: Timestamp) {
        if !failing.isEmpty { failing = [] }
        switch state {
        case .open: break
        case .closed:
            state = .closed(failures: 0)
            recent.note(failed: false, now: now, window: policy.window)
        case .probing:
            probes += 1
            guard probes > concurrency else { return }
            state = .closed(failures: 0)
            recent = OutcomeWindow()
        }
    }

    /// True when the failure is the session's own and counts as an attempt. While the breaker is open,
    /// or opens again, it is the dependency's; but where the same few sessions fail again and again, and
    /// no others, the sessions it is.
    mutating func failed(now: Timestamp, of session: SessionID?) -> Bool {
        guard policy.failures > 0 else { return true }
        let isRepeated = note(failing: session)
        switch state {
        case .closed(let failures):
            recent.note(failed: true, now: now, window: policy.window)
            if failures + 1 >= policy.failures || isTooMuch {
                state = .open(until: now + policy.openFor, lasting: policy.openFor)
            } else {
                state = .closed(failures: failures + 1)
            }
            return true
        case .probing(let lasting):
            probeFailures += 1
            guard isTrialLost else { return true }
            let next = probes > 1 ? policy.openFor : doubled(lasting)
            state = .open(until: now + next, lasting: next)
            return isRepeated
        case .open: return isRepeated
        }
    }

    /// Enough failures to say anything, and too large a part.
    private var isTooMuch: Bool {
        let failed = recent.failed
        return failed >= policy.failures && Double(failed) >= policy.rate * Double(recent.total)
    }

    /// Whether the session has failed before, and too few others have since the last success to make
    /// it an outage.
    private mutating func note(failing session: SessionID?) -> Bool {
        guard let session else { return false }
        let outage = min(max(2, policy.failures), 100)
        let isRepeated = failing.count < outage && failing.contains(session)
        if failing.count < outage { failing.insert(session) }
        return isRepeated
    }

    /// Each success since it was half-open added one to `probes`.
    private var isTrialLost: Bool {
        let total = probes - 1 + probeFailures
        return Double(probeFailures) >= policy.rate * Double(total)
    }

    private func doubled(_ lasting: Milliseconds) -> Milliseconds {
        let longest = max(policy.maxOpenFor, policy.openFor)
        return lasting > longest / 2 ? longest : lasting * 2
    }

    /// The probe never ran, so it says nothing: the next one may go at once.
    mutating func probeReturned(now: Timestamp) {
        if case .probing(let lasting) = state, probes == 1 {
            state = .open(until: now, lasting: lasting)
        }
    }

    /// When to look again; nil when nothing waits for a time. A clock that steps back does not make
    /// the breaker stay open for longer than it was to last.
    func opens(now: Timestamp) -> Timestamp? {
        guard case .open(let until, let lasting) = state else { return nil }
        return min(until, now + lasting)
    }

    private mutating func rebase(now: Timestamp) {
        guard case .open(_, let lasting) = state, let opens = opens(now: now) else { return }
        state = .open(until: opens, lasting: lasting)
    }
}
