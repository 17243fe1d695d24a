public import Model

/// One thing that the journal remembers of a transaction. Its bytes are a protobuf message
/// (`schemas/proto/reprise/v1/transaction.proto`), one frame of the journal: what stands in one
/// record happens together or not at all.
public struct TransactionRecord: Sendable, Hashable {
    public var transaction: TransactionID
    /// By the clock of the coordinator.
    public var time: Timestamp
    public var step: Step
    public var outline: Outline
    /// Why, for a rollback or what an operator decided.
    public var reason: String
    /// Bumped when a record means something that an older reader would misread.
    public var version: UInt32

    /// What the record says. The numbers stand on the wire.
    public enum Step: UInt32, Sendable, Hashable, CaseIterable {
        /// The transaction may commit: if it does, `outline.asked` will tell. If nobody is to be
        /// asked, it will be rolled back unless a decision follows.
        case intended = 1
        /// The decision to commit. No rollback is sent from here on.
        case committed = 2
        /// Nothing took effect. Not needed for correctness: no decision means the same.
        case rolledBack = 3
        /// Every branch has done as decided, but for those with `heuristic`.
        case ended = 4
        /// An unfinished transaction, written again at the tail; changes nothing but its place.
        case carriedIntent = 5
        case carriedDecision = 6
        /// Finished otherwise than decided; written again at the tail until it is forgotten.
        case carriedHeuristic = 7
        /// An operator has seen to the heuristic outcome.
        case forgotten = 8
    }

    public static let currentVersion: UInt32 = 1

    public init(
        _ step: Step, _ transaction: TransactionID, time: Timestamp, outline: Outline = Outline(),
        reason: String = "", version: UInt32 = TransactionRecord.currentVersion
    ) {
        self.transaction = transaction
        self.time = time
        self.step = step
        self.outline = outline
        self.reason = reason
        self.version = version
    }

    /// The outcome that this record makes known.
    public var outcome: BranchOutcome? {
        switch step {
        case .committed: .committed
        case .rolledBack: .notCommitted
        default: nil
        }
    }

    /// The messages that go out with this record.
    public var messages: [OutboxMessage] { outcome == .committed ? outline.messages : [] }

    /// The sessions that begin with this record, in the order of `outline.actions`: the event at
    /// index `n` here stands at index `n` of the record's frame.
    public var openings: [Event] {
        guard let outcome else { return [] }
        let trigger: DurableAction.Trigger = outcome == .committed ? .commit : .rollback
        return outline.actions.compactMap { action in
            action.trigger == trigger ? opening(of: action) : nil
        }
    }

    /// The session that tells others to finish the transaction begins with its decision as well. It
    /// stands behind everything else in the frame, so that the places of that do not depend on it.
    public var finishOpening: (index: Int, event: Event)? {
        guard step == .committed, let finish = outline.finish else { return nil }
        return (outline.actions.count + outline.messages.count + 1, opening(of: finish))
    }

    private func opening(of action: DurableAction) -> Event {
        let opening = Event.Opening(
            kind: action.kind, record: action.record, headers: action.headers,
            lease: time + action.lease, time: time)
        return Event(
            session: action.session, sequence: 1, partition: action.partition,
            body: .opened(opening))
    }
}
