internal import Journal
public import Model
internal import Transactions

/// Transactions that this process has ended, as it told their callers or found out at its start.
public struct TransactionCounts: Sendable, Hashable {
    public var committed: UInt64 = 0
    public var rolledBack: UInt64 = 0
    /// Nobody knew at the time; recovery finds out.
    public var inDoubt: UInt64 = 0

    public init() {}

    mutating func note(_ report: TransactionReport) {
        switch report {
        case .committed: committed += 1
        case .rolledBack: rolledBack += 1
        case .inDoubt: inDoubt += 1
        }
    }
}

/// Transactions that are not finished, by what they wait for.
public struct UnfinishedTransactions: Sendable, Hashable {
    /// At work in this process, with nothing in the log.
    public var active = 0
    /// The branch that decides is to be asked, or is deciding now.
    public var inDoubt = 0
    /// Decided; branches are still to be told.
    public var committing = 0
    /// Ended otherwise than decided; an operator has to see them.
    public var heuristic = 0
    /// Of the oldest record among those in doubt and those to be committed; nil without one.
    public var oldest: Timestamp?

    public init() {}
}

extension TransactionManager {
    /// What this process has ended since it began.
    public var counts: TransactionCounts { shared.counts }

    /// What is not finished. Looks at every unfinished transaction.
    public var unfinished: UnfinishedTransactions {
        var found = UnfinishedTransactions()
        let logged = shared.log.journal.unfinishedTransactions
        for live in logged {
            switch live.phase {
            case .intended: found.inDoubt += 1
            case .committing: found.committing += 1
            case .heuristic: found.heuristic += 1
            }
            guard live.phase != .heuristic else { continue }
            found.oldest = min(found.oldest ?? live.time, live.time)
        }
        let ids = Set(logged.map(\.id))
        found.active = shared.drivers.count { !ids.contains($0.id) }
        return found
    }
}
