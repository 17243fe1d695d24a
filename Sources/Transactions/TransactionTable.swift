public import Model

/// The transactions of one journal that are not finished: the result of folding its records, in
/// order. A value; `apply` is its only way to change, total over every record in every state.
public struct TransactionTable: Sendable {
    public private(set) var live: [TransactionID: LiveTransaction] = [:]
    public private(set) var totals = TransactionTotals()
    /// Records that could not mean anything where they stood. More than none is a defect, or a
    /// journal that was tampered with.
    public private(set) var ignored = 0
    /// Bytes of the live transactions as they lie in the log, about.
    public private(set) var bytes = 0

    public init() {}

    public subscript(id: TransactionID) -> LiveTransaction? { live[id] }

    /// Folds a record that stands at `position`; false when it was passed over.
    @discardableResult
    public mutating func apply(_ record: TransactionRecord, at position: Position) -> Bool {
        let accepted = step(record, at: position)
        if !accepted { ignored += 1 }
        return accepted
    }

    private mutating func step(_ record: TransactionRecord, at position: Position) -> Bool {
        let known = live[record.transaction]
        switch (record.step, known?.phase) {
        case (.intended, nil), (.intended, .intended):
            put(record, .intended, first: known?.first ?? position, at: position)
        case (.committed, nil), (.committed, .intended):
            totals.committed += 1
            if record.outline.branches.isEmpty {
                remove(record.transaction)
            } else {
                put(record, .committing, first: position, at: position)
            }
        case (.rolledBack, nil), (.rolledBack, .intended):
            totals.rolledBack += 1
            finish(record, at: position)
        // A replay may begin after the decision, but never after what is still to be seen to.
        case (.ended, nil), (.ended, .committing):
            finish(record, at: position)
        case (.forgotten, nil), (.forgotten, .heuristic): remove(record.transaction)
        // A copy moves what is known, and brings what a replay that begins here does not know.
        case (.carriedIntent, nil), (.carriedIntent, .intended):
            put(record, .intended, first: position, at: position)
        case (.carriedDecision, nil), (.carriedDecision, .committing):
            put(record, .committing, first: position, at: position)
        case (.carriedHeuristic, nil), (.carriedHeuristic, .heuristic):
            put(record, .heuristic, first: position, at: position)
        default: return false
        }
        return true
    }

    /// Branches that are named at the end did not do as decided: somebody has to see that.
    private mutating func finish(_ record: TransactionRecord, at position: Position) {
        guard record.outline.branches.contains(where: { $0.heuristic != nil }) else {
            return remove(record.transaction)
        }
        totals.heuristic += 1
        put(record, .heuristic, first: position, at: position)
    }

    private mutating func put(
        _ record: TransactionRecord, _ phase: LiveTransaction.Phase, first: Position,
        at position: Position
    ) {
        remove(record.transaction)
        var outline = record.outline
        // What a decision releases, it has released: its sessions are sessions now.
        if phase != .intended {
            outline.actions = []
            outline.messages = []
        }
        // Whoever commits the last branch has to take the session back that tells others to.
        if phase != .committing { outline.finish = nil }
        let transaction = LiveTransaction(
            id: record.transaction, phase: phase, time: record.time, outline: outline,
            reason: record.reason, first: first)
        live[record.transaction] = transaction
        bytes += transaction.bytes
    }

    private mutating func remove(_ id: TransactionID) {
        if let gone = live.removeValue(forKey: id) { bytes -= gone.bytes }
    }

    /// The position of the oldest record that a replay needs; nil when nothing is unfinished. Looks
    /// at every live transaction.
    public var lowWater: Position? { live.values.map(\.first).min() }

    /// Records that write the `count` oldest transactions again, oldest first.
    public func carry(_ count: Int) -> [TransactionRecord] {
        live.values.sorted { $0.first < $1.first }.prefix(count).map(\.carried)
    }
}

/// A transaction that the log has and that is not finished.
public struct LiveTransaction: Sendable, Hashable {
    public enum Phase: Sendable, Hashable {
        /// Commits if the branch to be asked did.
        case intended
        /// Decided: its branches are being committed.
        case committing
        /// Finished otherwise than decided; kept until an operator has seen it.
        case heuristic
    }

    public var id: TransactionID
    public var phase: Phase
    /// Of the record that brought it into this phase.
    public var time: Timestamp
    public var outline: Outline
    public var reason: String
    /// Where a replay must begin to know of it.
    var first: Position

    var bytes: Int { outline.bytes + 128 }

    var carried: TransactionRecord {
        let step: TransactionRecord.Step =
            switch phase {
            case .intended: .carriedIntent
            case .committing: .carriedDecision
            case .heuristic: .carriedHeuristic
            }
        return TransactionRecord(step, id, time: time, outline: outline, reason: reason)
    }
}

/// Transactions by how they ended, counted from the beginning of this replay.
public struct TransactionTotals: Sendable, Hashable {
    public var committed: UInt64 = 0
    public var rolledBack: UInt64 = 0
    public var heuristic: UInt64 = 0

    public init() {}
}
