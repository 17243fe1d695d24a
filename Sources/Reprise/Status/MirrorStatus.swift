public import Model

/// The mirror at a glance: how far Kafka has the journal.
public struct MirrorStatus: Sendable, Hashable {
    /// The last frame up to which Kafka has everything that it needs.
    public var acknowledged: UInt64
    /// Frames on disk since the first of which Kafka does not have all.
    public var lagFrames: UInt64
    /// How long the oldest of them has been waiting.
    public var lag: Milliseconds
    /// Messages that Kafka has acknowledged since the process began.
    public var deliveredMessages: UInt64
    /// Events that nobody in Kafka needed: of sessions that were over soon enough.
    public var skippedEvents: UInt64
    /// Messages of outboxes that are on their way. Where their topic is away, they hold up `acknowledged` and
    /// what the journal may forget, not the sessions.
    public var outboxMessages: Int
    /// How often it began again after what Kafka had.
    public var restarts: UInt64
    /// What its Kafka clients reported, by code.
    public var kafkaErrors: [ErrorCode: UInt64]
    /// Why it does not get on; nil when it does.
    public var error: RepriseError?
}
