internal import Model
internal import Transactions

/// One coordinator's process, its log, and the resources of one transaction: a value, so that every
/// order of events can be tried. Time has no length: what can happen can happen now.
struct World: Sendable {
    let scenario: Scenario
    let mutation: Mutation?

    /// Faults that may still come.
    var faults: Int
    var branches: [SimulatedBranch]

    // What outlives the process.

    var log: [TransactionRecord] = []
    /// Records that a crash leaves for certain.
    var durable = 0
    /// Records that were retired: a replay begins after them. They are kept to look at.
    var retired = 0
    /// Verbs that were on their way when nobody waited for them any more.
    var strays: [Stray] = []

    // What does not.

    /// The fold over what is not retired.
    var table = TransactionTable()
    /// Sessions that the log has begun, by what they waited for.
    var begunOnCommit = 0
    var begunOnRollback = 0
    var foreground: Coordinator?
    var recovery: Coordinator?
    var tasks: [Job] = []

    // What is remembered to look at the properties.

    var hasStarted = false
    /// The unfinished transaction was written again at the tail: once is enough to see what it does.
    var hasCarried = false
    var hasCrashed = false
    var told: TransactionReport?
    /// Numbers of the branches whose read-only vote was heard, as bits.
    var heardReadOnly: UInt64 = 0
    var violation: Violation?

    /// Who waits for an answer.
    enum Actor: UInt8, Hashable {
        case foreground
        case recovery
    }

    /// What the process waits for.
    enum Job: Hashable {
        case call(Verb, UInt32, Actor)
        case write(TransactionRecord, forced: Bool, Actor)
        case retry(UInt32, Actor)
        /// When this many records are durable.
        case forget(UInt32, after: Int)
    }

    struct Stray: Hashable {
        var verb: Verb
        var number: UInt32
    }

    init(_ scenario: Scenario, mutation: Mutation? = nil) {
        self.scenario = scenario
        self.mutation = mutation
        faults = scenario.faults
        branches = scenario.branches.map { SimulatedBranch(isReadOnly: $0.isReadOnly) }
        var coordinator = Coordinator(Scenario.id)
        for (index, branch) in scenario.branches.enumerated() {
            // A scenario has one last resource at most.
            _ = try? coordinator.enlist("r\(index + 1)", abilities: branch.abilities)
        }
        coordinator.load(
            hasCargo: scenario.hasCargo,
            recordsRollback: scenario.beginsWithIntent || scenario.isAnnounced,
            recordsCommit: scenario.isAnnounced)
        if scenario.beginsWithIntent {
            append(TransactionRecord(.intended, Scenario.id, time: .zero, outline: scenario.cargo))
            _ = coordinator.handle(.written(.intended))
        }
        foreground = coordinator
    }

    // MARK: What is true

    /// The transaction commits, whatever happens from here on.
    var isDecided: Bool {
        branches.contains(where: \.committedAlone)
            || log.prefix(durable).contains { $0.step == .committed }
    }

    /// Nothing that anybody could see depends on the outcome.
    var isTrivial: Bool {
        !scenario.hasCargo && branches.allSatisfy { $0.state == .readOnly }
    }

    var hasPendingWrite: Bool {
        tasks.contains {
            if case .write = $0 { true } else { false }
        }
    }

    var isLive: Bool { foreground != nil || recovery != nil }

    mutating func violate(_ property: Property, _ detail: String) {
        if violation == nil { violation = Violation(property: property, detail: detail) }
    }

    func index(_ number: UInt32) -> Int { Int(number) - 1 }

    // MARK: The log

    mutating func append(_ record: TransactionRecord) {
        log.append(record)
        begin(record)
        guard table.apply(record, at: Position(sequence: UInt64(log.count))) else {
            return violate(.recordsMeanSomething, "\(record.step) was passed over")
        }
    }

    private mutating func begin(_ record: TransactionRecord) {
        guard !record.openings.isEmpty else { return }
        if record.outcome == .committed { begunOnCommit += 1 } else { begunOnRollback += 1 }
    }

    /// Reads the log again, as a process does that starts.
    mutating func replay() {
        let records = log
        log = []
        table = TransactionTable()
        begunOnCommit = 0
        begunOnRollback = 0
        for record in records.prefix(retired) {
            log.append(record)
            begin(record)
        }
        for record in records.dropFirst(retired) { append(record) }
    }

    /// The first record that a replay needs, counted from 0.
    var needed: Int { Int(table.lowWater?.sequence ?? UInt64(log.count + 1)) - 1 }

    // MARK: Identity

    /// Equal for states from which the same can happen. What is derived from other fields is left
    /// out, and of records what always is the same.
    var fingerprint: Int {
        var hasher = Hasher()
        hasher.combine(faults)
        hasher.combine(branches)
        hasher.combine(durable)
        hasher.combine(retired)
        for record in log { World.hash(record, into: &hasher) }
        hasher.combine(strays)
        hasher.combine(foreground)
        hasher.combine(recovery)
        for job in tasks {
            if case .write(let record, let forced, let actor) = job {
                World.hash(record, into: &hasher)
                hasher.combine(forced)
                hasher.combine(actor)
            } else {
                hasher.combine(job)
            }
        }
        hasher.combine(hasStarted)
        hasher.combine(hasCarried)
        hasher.combine(hasCrashed)
        hasher.combine(told)
        hasher.combine(heardReadOnly)
        return hasher.finalize()
    }

    private static func hash(_ record: TransactionRecord, into hasher: inout Hasher) {
        hasher.combine(record.step)
        hasher.combine(record.outline.asked)
        hasher.combine(record.outline.branches.count)
        for branch in record.outline.branches {
            hasher.combine(branch.number)
            hasher.combine(branch.heuristic)
        }
    }
}
