/// What a token lets its holder do.
public enum Scope: String, Sendable, Hashable, CaseIterable {
    /// Open sessions, and write to them as their owner.
    case produce
    /// Write to sessions under a run's token, as a handler does.
    case handle
    /// Steer what others have opened: requeue, cancel, park, pause.
    case operate
    /// Look at sessions and metrics.
    case read
    /// Have parts of transactions prepared and ended, and ask how transactions were decided: what
    /// coordinators and participants are to each other.
    case participate
}

/// Who may ask for a route.
enum RouteAccess: Sendable, Hashable {
    /// Anybody, without a token: probes, and pages that hold no data.
    case everybody
    /// Who has one of these scopes.
    case anyOf(Set<Scope>)
}

/// Who asks, as the token says.
struct Caller: Sendable, Hashable {
    /// For the log of operators' actions. The name of a token, never the token.
    var name: String
    var scopes: Set<Scope>

    /// On a route that is open to everybody.
    static let nobody = Caller(name: "nobody", scopes: [])
    /// A program on this machine, where there are no tokens.
    static let local = Caller(name: "local", scopes: Set(Scope.allCases))
}
