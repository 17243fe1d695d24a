/// Why the fold passed over an event. Such events are normal (a late result, a repeated message):
/// they change nothing and are counted.
public enum Ignored: Int, Sendable, Hashable, CaseIterable {
    /// A mirror sent it a second time.
    case resent
    /// Its sequence was folded already, or the session was opened already.
    case duplicate
    /// Sequences are missing before it: a defect somewhere.
    case gap
    /// No such session: it is finished, or was never heard of.
    case unknownSession
    /// The session is no longer its owner's.
    case notOpen
    /// A newer claim was made.
    case staleToken
    /// The writer does not own the partition.
    case notOwner
    /// A claim before the due time.
    case notDue
    /// The order does not apply to the session as it stands.
    case notApplicable
    /// A carried copy that something overtook.
    case overtaken
}

/// What the fold did with an event.
public enum Applied: Sendable, Hashable {
    case accepted
    case ignored(Ignored)
}
