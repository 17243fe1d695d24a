public import Model
public import Sessions

/// What recovery in this process is at.
public struct RecoveryStatus: Sendable, Hashable {
    /// Kinds that are configured here, have a handler here, or have sessions here; by name.
    public var kinds: [KindStatus] = []
    /// When the oldest of the due sessions that do not run was due; nil when there is none.
    public var oldestDue: Timestamp?
    /// What runs have come to since the process started.
    public var tally = RunTally()

    /// Of a process that recovers nothing.
    public init() {}

    /// Sessions due and waiting for a place.
    public var ready: Int { kinds.reduce(0) { $0 + $1.ready } }
}

/// One kind at a glance.
public struct KindStatus: Sendable, Hashable {
    /// Its name.
    public var kind: Kind
    /// As configured, or the fallback for one that is not.
    public var policy: KindPolicy
    /// Its sessions that are not finished, by phase.
    public var alive = AliveCounts()
    /// Its sessions that are due and wait for a place.
    public var ready = 0
    /// Places, rate and breaker of this process; nil for a kind without a handler here.
    public var gate: Gate?
    /// Who stopped it and why; nil when nobody did.
    public var pause: Pause?

    /// A kind without sessions.
    public init(kind: Kind, policy: KindPolicy) {
        self.kind = kind
        self.policy = policy
    }
}

/// Runs by what they came to, since the process started.
public struct RunTally: Sendable, Hashable {
    /// The session was finished.
    public var completed: UInt64 = 0
    /// The handler failed or took too long, counted or not.
    public var failed: UInt64 = 0
    /// The handler asked for another run, or said that a dependency is away.
    public var retried: UInt64 = 0
    /// Sessions that were set aside for an operator, after a run or instead of one.
    public var parked: UInt64 = 0

    /// All zero.
    public init() {}

    mutating func note(_ outcome: HandlerOutcome) {
        switch outcome {
        case .complete: completed &+= 1
        case .failed: failed &+= 1
        case .retry, .unavailable: retried &+= 1
        // Counted where the event is read back.
        case .park: break
        }
    }
}

extension RecoveryStatus {
    /// Puts together what a process knows of its kinds.
    package init(
        policies: [Kind: KindPolicy], fallback: KindPolicy, gates: Gates,
        pauses: [Kind: Pause], tables: [(alive: [Kind: AliveCounts], ready: [Kind: Int])],
        oldestDue: Timestamp?, tally: RunTally
    ) {
        self.oldestDue = oldestDue
        self.tally = tally
        var found: [Kind: KindStatus] = [:]
        func change(_ kind: Kind, _ change: (inout KindStatus) -> Void) {
            let policy = policies[kind] ?? fallback
            change(&found[kind, default: KindStatus(kind: kind, policy: policy)])
        }
        for kind in policies.keys { change(kind) { _ in } }
        for kind in gates.kinds { change(kind) { $0.gate = gates[kind] } }
        for (kind, pause) in pauses { change(kind) { $0.pause = pause } }
        for table in tables {
            for (kind, alive) in table.alive { change(kind) { $0.alive = $0.alive + alive } }
            for (kind, ready) in table.ready { change(kind) { $0.ready += ready } }
        }
        kinds = found.values.sorted { $0.kind.name < $1.kind.name }
    }
}
