/// What a recovery handler says of a run.
public enum HandlerOutcome: Sendable, Hashable {
    /// The work is finished or undone; the session is never handed out again.
    case complete
    /// Try again: after the given time, or by the kind's policy. Counts as an attempt.
    case retry(after: Milliseconds? = nil, reason: String = "The handler asked for a retry.")
    /// The handler could not do its work through no fault of the session's, such as a dependency
    /// that is down. Tried again without counting the attempt; feeds the kind's breaker.
    case unavailable(after: Milliseconds? = nil, reason: String = "A dependency is not available.")
    /// Give up: kept, listed and sent to the dead letters until an operator acts.
    case park(reason: String)
    /// The handler failed or timed out. A counted retry by the kind's policy.
    case failed(ErrorCode, reason: String)

    /// For metrics and logs.
    public var name: String {
        switch self {
        case .complete: "complete"
        case .retry: "retry"
        case .unavailable: "unavailable"
        case .park: "park"
        case .failed: "failed"
        }
    }
}
