/// Who wrote an event. Two processes never share one: the incarnation is new at every start (a node)
/// or at every assignment of a partition (a recovery worker).
public struct Writer: Sendable, Hashable {
    /// The configured name, for people.
    public var node: String
    /// The identity of the journal the event came from; 0 for a writer without one. A journal that
    /// is thrown away and made anew has another identity, so its numbers are never taken for repeats.
    public var journal: UInt64
    /// New at every start of a node, and at every assignment of a partition.
    public var incarnation: UInt64

    public init(node: String, journal: UInt64 = 0, incarnation: UInt64) {
        self.node = node
        self.journal = journal
        self.incarnation = incarnation
    }

    /// No writer: nobody has claimed the partition yet, or a message does not say.
    public static let nobody = Writer(node: "", incarnation: 0)
}

/// Where an event comes from: its writer and, for one that a mirror copied, its place in the
/// writer's journal. A mirror that was interrupted may send an event twice; its place tells.
public struct Origin: Sendable, Hashable {
    /// Who wrote the event first.
    public var writer: Writer
    /// Log sequence number in the writer's journal; 0 when the event was written here first. Two
    /// events never share one: a mirror sends each event of a frame under a number of its own.
    public var sequence: UInt64

    public init(writer: Writer, sequence: UInt64 = 0) {
        self.writer = writer
        self.sequence = sequence
    }
}
