public import Model

/// Turns what a handler said into the event to write: pure, jitter and time come in.
public enum Verdict {
    /// The event that ends `run` of `session`.
    public static func event(
        for outcome: HandlerOutcome, of run: Run, session: Session, policy: RetryPolicy,
        now: Timestamp, random: UInt64, limits: Limits
    ) -> Event {
        let body: Event.Body =
            switch outcome {
            case .complete: .completed(token: run.token)
            case .park(let reason):
                .parked(
                    Parking(
                        reason: .handlerRefused, detail: limits.clipped(reason), time: now),
                    token: run.token)
            case .retry(let after, let reason):
                counted(.handlerFailed, after, reason, run, session, policy, now, random, limits)
            case .failed(let code, let reason):
                counted(code, nil, reason, run, session, policy, now, random, limits)
            case .unavailable(let after, let reason):
                .retried(
                    Event.Retry(
                        token: run.token,
                        due: due(after, attempt: 1, policy, now, random, limits), time: now,
                        counted: false, reason: limits.clipped(reason)))
            }
        return Event(session: session.id, partition: session.partition, body: body)
    }

    private static func counted(
        _ code: ErrorCode, _ after: Milliseconds?, _ reason: String, _ run: Run,
        _ session: Session, _ policy: RetryPolicy, _ now: Timestamp, _ random: UInt64,
        _ limits: Limits
    ) -> Event.Body {
        if policy.maxAttempts > 0, run.attempt >= policy.maxAttempts {
            let detail = "Attempt \(run.attempt), the last: \(code.rawValue): \(reason)"
            return .parked(
                Parking(reason: .attemptsExhausted, detail: limits.clipped(detail), time: now),
                token: run.token)
        }
        if policy.maxAge > 0, now - session.created >= policy.maxAge {
            let detail = "Attempt \(run.attempt): \(code.rawValue): \(reason)"
            return .parked(
                Parking(reason: .ageExceeded, detail: limits.clipped(detail), time: now),
                token: run.token)
        }
        return .retried(
            Event.Retry(
                token: run.token,
                due: due(after, attempt: run.attempt, policy, now, random, limits),
                time: now, counted: true, reason: limits.clipped("\(code.rawValue): \(reason)")))
    }

    private static func due(
        _ after: Milliseconds?, attempt: UInt32, _ policy: RetryPolicy, _ now: Timestamp,
        _ random: UInt64, _ limits: Limits
    ) -> Timestamp {
        let delay = after ?? policy.delay(afterAttempt: attempt, random: random)
        return min(now + max(0, delay), limits.maxDue)
    }
}

extension Limits {
    /// A reason cut to what is kept with a session, at a character's boundary.
    public func clipped(_ reason: String) -> String {
        guard reason.utf8.count > maxReasonBytes else { return reason }
        var clipped = ""
        for character in reason {
            guard clipped.utf8.count + character.utf8.count <= maxReasonBytes - 3 else { break }
            clipped.append(character)
        }
        return clipped + "…"
    }
}
