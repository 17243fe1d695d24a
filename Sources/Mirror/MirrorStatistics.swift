package import Model

/// What the mirror has done since the process began, and how far behind it is.
package struct MirrorStatistics: Sendable, Hashable {
    /// Messages that Kafka has acknowledged.
    package var deliveredMessages: UInt64 = 0
    /// Events that nobody in Kafka needs.
    package var skippedEvents: UInt64 = 0
    /// Messages of outboxes that are on their way.
    package var outboxMessages = 0
    /// How often it threw its producer away and began again after what Kafka had.
    package var restarts: UInt64 = 0
    /// What the producers reported, and what ended them.
    package var errors: [ErrorCode: UInt64] = [:]
    /// How long the oldest frame that Kafka does not have has been waiting.
    package var lag: Milliseconds = 0
}
