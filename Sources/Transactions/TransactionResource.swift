/// Something that can take part in transactions: a database, an outbox, another service.
///
/// Everything a resource does for a transaction it does in a *branch*. While this process has the
/// branch in hand it is a `TransactionBranch`. Once prepared, a branch lives in the resource under
/// its `Xid`, and outlives connections and processes: whoever reaches the resource can finish it.
/// The verbs for that stand here, take nothing but the `Xid`, and can be repeated.
///
/// "Writing a resource" in the documentation says what each verb promises; `ResourceConformance` in
/// `RepriseTestKit` checks it.
public protocol TransactionResource: Sendable {
    associatedtype Branch: TransactionBranch

    /// Names the resource in the log: recovery finds it by this name after a restart, so it must
    /// not change while a transaction may be in doubt. 1 to 64 bytes.
    var name: String { get }

    /// What the resource can promise; a constant.
    var abilities: ResourceAbilities { get }

    /// Begins a branch. Nothing of it may be visible to others until it is committed.
    func begin(_ xid: Xid, readOnly: Bool) async throws -> Branch

    /// Commits a prepared branch. Succeeds when the branch is committed or is not known (any more):
    /// a repetition after a lost answer must not fail.
    ///
    /// - Throws: `ResourceError.heuristic` when somebody else decided otherwise; anything else is
    ///   taken as "try again".
    func commitPrepared(_ xid: Xid) async throws

    /// As `commitPrepared(_:)`, with what the branch said of its part when it was prepared. A resource that
    /// is another process needs it: of several that answer there, only the one that has the part can
    /// say that it is committed, and the others must throw.
    func commitPrepared(_ xid: Xid, part: RemotePart?) async throws

    /// Rolls a prepared branch back. Succeeds when it is not known (any more). Throws as
    /// `commitPrepared`.
    func rollbackPrepared(_ xid: Xid) async throws

    /// The branches that are prepared now, of whatever format: recovery touches only its own.
    func preparedBranches() async throws -> [Xid]

    /// Whether the branch was committed in one phase. Asked after a crash or a lost answer, and
    /// only of a resource with `recordsOutcome`. The answer must be final: `notCommitted` means
    /// that the branch will never be committed, also by a call that is still on its way.
    func outcome(of xid: Xid) async throws -> BranchOutcome

    /// Nobody will ask for the branch's outcome again: a record of it can go. Best effort.
    func forgetOutcome(of xid: Xid) async

    /// Branches whose commit is on record, of whatever format, at most `limit`: recovery forgets
    /// those that an earlier process did not come to forget. A resource that lists none keeps them.
    func recordedCommits(limit: Int) async throws -> [Xid]
}

extension TransactionResource {
    public func commitPrepared(_ xid: Xid, part: RemotePart?) async throws {
        try await commitPrepared(xid)
    }

    public func forgetOutcome(of xid: Xid) async {}

    public func recordedCommits(limit: Int) async throws -> [Xid] { [] }
}

/// A branch in the hands of the process that works in it. Used by one task at a time.
public protocol TransactionBranch: Sendable {
    /// Makes the branch survive everything but a decision, and votes. After an error the branch is
    /// rolled back.
    func prepare() async throws -> Vote

    /// Once prepared, the part that the branch is, where the resource is another process: kept with the
    /// decision. Nil, as by itself, where whoever reaches the resource can finish the branch.
    var remotePart: RemotePart? { get }

    /// Commits without preparing. With `recordingOutcome` the commit itself also leaves the record
    /// from which `outcome(of:)` answers.
    ///
    /// - Throws: `ResourceError.rolledBack` where it is certain that nothing was committed. After
    ///   any other error the outcome is not known and will be asked.
    func commitOnePhase(recordingOutcome: Bool) async throws

    /// Rolls back what is not prepared, and lets go of what the branch holds. A connection that is
    /// gone is no error: the resource rolls back by itself.
    func rollback() async throws

    /// Makes a call that is under way in this branch fail soon: the transaction's time is up, or
    /// nobody waits for the answer any more. Comes from another task than the call, perhaps more than
    /// once, perhaps while no call is under way or after the branch has ended; then it does nothing.
    /// Must not wait. Does nothing by itself, which is right where no call can take long.
    func interrupt()
}

extension TransactionBranch {
    public var remotePart: RemotePart? { nil }

    public func interrupt() {}
}

/// What a resource can promise.
public struct ResourceAbilities: Sendable, Hashable {
    /// It can prepare, and list and finish what it prepared.
    public var prepares: Bool
    /// It can tell after a crash whether a one-phase commit took place.
    public var recordsOutcome: Bool

    public init(prepares: Bool, recordsOutcome: Bool) {
        self.prepares = prepares
        self.recordsOutcome = recordsOutcome
    }
}

/// What a branch says to the question whether it can be committed.
public enum Vote: Sendable, Hashable {
    /// It can be committed or rolled back from now on, whatever happens.
    case prepared
    /// It has nothing to commit, and has ended: it is left alone from now on.
    case readOnly
}

/// What became of a branch.
public enum BranchOutcome: Sendable, Hashable {
    case committed
    case notCommitted
}

/// What a resource throws where the kind of failure matters.
public enum ResourceError: Error, Sendable, Hashable {
    /// Nothing was committed, for certain.
    case rolledBack(reason: String)
    /// The branch was finished the other way, by an operator or by the resource itself.
    case heuristic(BranchOutcome, reason: String)
}
