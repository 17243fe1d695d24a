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
    /// Due sessions of kinds that have no handler here.
    public var unhandled = 0
    /// Sessions that were parked since the process started, by the reason's code.
    public var parked: [ErrorCode: UInt64] = [:]
    /// Failures of recovery itself, by code: on a worker what its Kafka clients reported, on a node
    /// what could not be written.
    public var errors: [ErrorCode: UInt64] = [:]

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
    /// It is in the configuration of this process, or has a handler; others are met in the log.
    public var isConfigured = false
    /// What is due and was not handed out yet; nothing where others hand it out.
    public var due = Readiness()
    /// Its sessions that are due and wait for a place.
    public var ready: Int { due.count }
    /// Places, rate and breaker of this process; nil for a kind without a handler here.
    public var gate: Gate?
    /// What became of its runs; nil without a handler here.
    public var runs: RunCounts?
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
}

extension RecoveryStatus {
    /// What one log says of the kinds.
    package struct Log {
        var alive: [Kind: AliveCounts]
        var readiness: [Kind: Readiness]
        /// Due sessions of kinds without a handler here.
        var unhandled: Int

        package init(
            alive: [Kind: AliveCounts], readiness: [Kind: Readiness] = [:], unhandled: Int = 0
        ) {
            self.alive = alive
            self.readiness = readiness
            self.unhandled = unhandled
        }
    }

    /// Puts together what a process knows of its kinds.
    package init(
        policies: [Kind: KindPolicy], fallback: KindPolicy, gates: Gates = Gates(),
        pauses: [Kind: Pause] = [:], logs: [Log], meters: RunMeters? = nil
    ) {
        let counts = meters?.counts ?? [:]
        parked = meters?.parked ?? [:]
        errors = meters?.errors ?? [:]
        tally = RunTally(counts.values, parked: parked.values)
        var found: [Kind: KindStatus] = [:]
        func change(_ kind: Kind, _ change: (inout KindStatus) -> Void) {
            let policy = policies[kind] ?? fallback
            change(&found[kind, default: KindStatus(kind: kind, policy: policy)])
        }
        for kind in policies.keys { change(kind) { $0.isConfigured = true } }
        for kind in gates.kinds {
            change(kind) {
                $0.isConfigured = true
                $0.gate = gates[kind]
                $0.runs = counts[kind] ?? RunCounts()
            }
        }
        for (kind, pause) in pauses { change(kind) { $0.pause = pause } }
        for log in logs {
            unhandled += log.unhandled
            for (kind, alive) in log.alive { change(kind) { $0.alive = $0.alive + alive } }
            for (kind, more) in log.readiness { change(kind) { $0.due = $0.due + more } }
        }
        kinds = found.values.sorted { $0.kind.name < $1.kind.name }
        oldestDue = kinds.compactMap(\.due.oldest).min()
    }
}
