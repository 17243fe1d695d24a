/// What a frame of the journal holds; the number stands in the frame's header.
package enum FrameKind: UInt8, Sendable, CaseIterable {
    /// One `Event`.
    case event = 1
    /// An `EventBatch`: events that count together or not at all.
    case batch = 2
    /// How far the mirror got: a `MirrorPosition`.
    case mirrored = 3
    /// A `TransactionRecord`, with the sessions that begin with it.
    case transaction = 4
}
