/// Who decides for a transaction that is a participant's part of another process's transaction.
///
/// To the participant's own coordinator its superior is a last resource: the branch whose outcome
/// decides, which is asked after a crash and which nobody overrules but an operator. So the record
/// that a participant forces before it votes (*prepared* in R*: Mohan, Lindsay, Obermarck 1986) is the
/// intent that names this branch as the one to be asked.
public struct Superior: Sendable, Hashable {
    /// The branch of the superior's transaction that the participant is.
    public var xid: Xid
    /// Where to ask how the superior decided, as its participants reach it.
    public var address: String

    public init(xid: Xid, address: String) {
        self.xid = xid
        self.address = address
    }

    /// What branches and events call the superior.
    public static let resource = "superior"
}

/// What a coordinator says when a participant asks how its branch was decided.
public enum SuperiorAnswer: String, Sendable, Hashable, CaseIterable {
    case committed
    /// Decided so, or not known to the very journal that would know of a decision: presumed abort.
    case rolledBack
    /// Not decided yet, or in doubt itself.
    case undecided
}
