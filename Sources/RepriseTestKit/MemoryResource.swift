internal import Synchronization
public import Transactions

/// A store of texts by key in memory, which takes part in transactions: for tests of code that runs
/// in transactions, and of what happens to it when things go wrong.
///
/// It behaves as a database does. A branch sees its own writes, and holds every key that it has read
/// or written until it has ended, so that transactions are serial. What is prepared, what is
/// committed and the records of outcomes survive `crash()`; branches that were merely begun do not.
public final class MemoryResource: TransactionResource {
    public let name: String
    public let abilities: ResourceAbilities
    let votesReadOnly: Bool
    let lockWait: Duration
    let state = Mutex(MemoryState())
    let pauses = MemoryPauses()

    /// - Parameters:
    ///   - votesReadOnly: whether a branch that wrote nothing votes `readOnly`; otherwise it is
    ///     prepared like any other.
    ///   - lockWait: how long a branch waits for a key that another one holds before it fails.
    public init(
        _ name: String,
        abilities: ResourceAbilities = ResourceAbilities(prepares: true, recordsOutcome: true),
        votesReadOnly: Bool = true, lockWait: Duration = .seconds(10)
    ) {
        self.name = name
        self.abilities = abilities
        self.votesReadOnly = votesReadOnly
        self.lockWait = lockWait
    }

    // MARK: What is there

    /// The committed value; nil where there is none.
    public subscript(_ key: String) -> String? {
        get { state.withLock { $0.values[key] } }
        set { state.withLock { $0.values[key] = newValue } }
    }

    /// Everything that is committed.
    public var values: [String: String] { state.withLock { $0.values } }

    /// The branches that are prepared, without a call that is counted or can fail.
    public var prepared: Set<Xid> { state.withLock { Set($0.prepared.keys) } }

    /// How many branches are begun and have neither ended nor been prepared.
    public var openBranches: Int { state.withLock { $0.open.count } }

    /// The outcomes on record, tombstones included.
    public var outcomes: [Xid: BranchOutcome] { state.withLock { $0.outcomes } }

    /// How often a verb was called, failed calls included.
    public func count(of verb: MemoryVerb) -> Int {
        state.withLock { $0.counts[verb] ?? 0 }
    }

    // MARK: Trouble

    /// The next `times` calls of `verb` have this fault. Faults of several calls queue up.
    public func inject(_ fault: MemoryFault, on verb: MemoryVerb, times: Int = 1) {
        let faults = Array(repeating: fault, count: max(0, times))
        state.withLock { $0.faults[verb, default: []] += faults }
    }

    /// Takes back all faults that have not happened yet.
    public func clearFaults() {
        state.withLock { $0.faults = [:] }
    }

    /// From now on every call fails, until `comeUp`. Branches that are not prepared are lost.
    public func goDown() {
        state.withLock { state in
            state.isDown = true
            state.dropOpen()
        }
    }

    public func comeUp() {
        state.withLock { $0.isDown = false }
    }

    /// The process that works in the resource ends: its branches that are not prepared are rolled
    /// back. The resource itself stays, as a database would.
    public func crash() {
        state.withLock { $0.dropOpen() }
    }

    /// Somebody decides on a prepared branch without asking the coordinator, whose own decision is
    /// from then on answered with `ResourceError.heuristic` where it is another. False where no
    /// such branch is prepared.
    @discardableResult
    public func decideHeuristically(_ xid: Xid, _ outcome: BranchOutcome) -> Bool {
        state.withLock { state in
            guard state.finish(xid, outcome) else { return false }
            state.heuristics[xid] = outcome
            return true
        }
    }

    /// Calls of `verb` wait, before they have any effect, until `resume`.
    public func pause(_ verb: MemoryVerb) {
        pauses.pause(verb)
    }

    /// Lets go the calls that wait, and those to come.
    public func resume(_ verb: MemoryVerb) {
        pauses.resume(verb)
    }

    /// Returns when `count` calls wait at a paused verb.
    public func waitForCalls(_ count: Int = 1, at verb: MemoryVerb) async {
        await pauses.waitForCalls(count, at: verb)
    }
}
