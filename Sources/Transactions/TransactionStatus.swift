/// Where a transaction stands.
///
///     active → preparing → prepared → committing → committed
///     active → committing → committed                          (one phase)
///     any of them before the decision → rollingBack → rolledBack
///
/// `committing` and `rollingBack` last as long as it takes.
public enum TransactionStatus: String, Sendable, Hashable, CaseIterable {
    case active
    case preparing
    case prepared
    case committing
    case committed
    case rollingBack
    case rolledBack

    /// Nothing will change any more.
    public var isFinal: Bool { self == .committed || self == .rolledBack }

    /// Whether a transaction may go from this status to `next`.
    public func allows(_ next: TransactionStatus) -> Bool {
        switch (self, next) {
        case (.active, .preparing), (.active, .committing), (.active, .rollingBack),
            (.active, .committed), (.preparing, .prepared), (.preparing, .rollingBack),
            // Every branch voted read-only: nothing is left to decide.
            (.preparing, .committed), (.prepared, .committing), (.prepared, .rollingBack),
            (.prepared, .committed), (.committing, .committed),
            // One phase: the resource said that it rolled back, which is the decision.
            (.committing, .rollingBack), (.rollingBack, .rolledBack):
            true
        default: false
        }
    }
}
