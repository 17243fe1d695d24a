/// What its driver tells a coordinator.
public enum CoordinatorInput: Sendable, Hashable {
    /// The work and its before-commit actions are done.
    case commit
    /// The work failed, timed out, or asked for it.
    case rollBack(reason: String)
    case voted(UInt32, Vote)
    /// The branch may or may not have prepared.
    case prepareFailed(UInt32, reason: String)
    /// The record asked for by `CoordinatorEffect.write` is written: durable where that was asked.
    case written(TransactionRecord.Step)
    /// Nothing was written, for certain.
    case writeRefused(TransactionRecord.Step, reason: String)
    /// The log failed: nobody knows what is on disk. The process ends and recovers.
    case writeLost(TransactionRecord.Step, reason: String)
    /// The answer to a one-phase commit, or to the question what became of it.
    case onePhase(UInt32, BranchOutcome, reason: String)
    case onePhaseLost(UInt32, reason: String)
    /// A commit of a prepared branch, or a rollback, is done.
    case finished(UInt32)
    /// It failed and may be tried again.
    case failed(UInt32, reason: String)
    case heuristic(UInt32, BranchOutcome, reason: String)
    /// The time of a `retry` has come.
    case retry(UInt32)
    /// An operator ends the waiting for branches that cannot be reached: they are recorded as
    /// heuristic with this outcome, which the operator knows or will bring about.
    case giveUp(BranchOutcome, reason: String)
}

/// What a coordinator asks its driver for.
public enum CoordinatorEffect: Sendable, Hashable {
    case prepare(UInt32)
    /// Write this record; tell when it is durable if `forced`, else when it is in the log's buffer.
    case write(TransactionRecord.Step, forced: Bool)
    case commitOnePhase(UInt32, recordingOutcome: Bool)
    case askOutcome(UInt32)
    case commitPrepared(UInt32)
    /// Roll back what this process has in hand.
    case rollBackActive(UInt32)
    case rollBackPrepared(UInt32)
    /// The resource's record of a one-phase commit can go.
    case forgetOutcome(UInt32)
    /// Come back with `retry` after a delay for this many failures.
    case retryLater(UInt32, attempts: UInt32)
    /// What the caller learns; once for each transaction.
    case report(TransactionReport)
    /// Nothing will follow: the coordinator can go.
    case finished
}

/// How a transaction ended for who ran it.
public enum TransactionReport: Sendable, Hashable {
    /// Committed; the branches named could not be told yet, and will be.
    case committed(pending: [String])
    case rolledBack(reason: String)
    /// Nobody knows now. It will be found out; the work must not be repeated before.
    case inDoubt(reason: String)
}
