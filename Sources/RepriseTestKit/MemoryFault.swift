public import Transactions

/// The calls that a `MemoryResource` counts, and that can be made to fail or to wait.
public enum MemoryVerb: String, Sendable, Hashable, CaseIterable {
    case begin
    case read
    case write
    case prepare
    case commitOnePhase
    case rollback
    case commitPrepared
    case rollbackPrepared
    case preparedBranches
    case outcome
    case forgetOutcome
    case recordedCommits
}

/// What goes wrong with a call.
public enum MemoryFault: Sendable, Hashable {
    /// The call has no effect and throws `RepriseError` with the code `resourceFailed`.
    case fails
    /// The call takes effect, and then throws as `fails` does: the answer was lost on its way.
    case losesAnswer
    /// The call has no effect and throws this.
    case throwing(ResourceError)
}
