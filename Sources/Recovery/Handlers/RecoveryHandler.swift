public import Model

/// Finishes or undoes the work of a session that was not completed in time.
///
/// A session may be handed out more than once: look at the state of the world first, then act, and
/// treat "not found" as "already undone". A thrown error is a counted retry.
public protocol RecoveryHandler: Sendable {
    /// Called for each run, on a task of its own, which is cancelled when the deadline passes. The
    /// outcome is written after it returns, so a crash in between leads to another run.
    func recover(_ session: RecoverySession) async throws -> HandlerOutcome
}

/// A handler that is a closure.
public struct ClosureHandler: RecoveryHandler {
    private let body: @Sendable (RecoverySession) async throws -> HandlerOutcome

    /// Calls `body` for each run.
    public init(_ body: @escaping @Sendable (RecoverySession) async throws -> HandlerOutcome) {
        self.body = body
    }

    /// Calls the closure; what it throws is a counted retry.
    public func recover(_ session: RecoverySession) async throws -> HandlerOutcome {
        try await body(session)
    }
}
