internal import Model

/// What one producer needs beyond the connection.
package struct KafkaProducerOptions: Sendable, Hashable {
    /// How long a message may wait for company before it is sent. Zero: at once.
    package var linger: Duration
    /// Messages and bytes that may wait for Kafka in memory before `produce` answers `queueFull`.
    package var maxQueuedMessages: Int
    /// In KiB.
    package var maxQueuedKilobytes: Int
    /// After how long an unacknowledged message fails; nil means never.
    package var messageTimeout: Duration?
    /// Whether one message that Kafka refuses stops the producer with a fatal error, so that no
    /// later message of its partition can overtake it.
    package var stopsAtGap: Bool

    package init(
        linger: Duration = .milliseconds(5), maxQueuedMessages: Int = 200_000,
        maxQueuedKilobytes: Int = 256 << 10, messageTimeout: Duration? = nil,
        stopsAtGap: Bool = true
    ) {
        self.linger = linger
        self.maxQueuedMessages = maxQueuedMessages
        self.maxQueuedKilobytes = maxQueuedKilobytes
        self.messageTimeout = messageTimeout
        self.stopsAtGap = stopsAtGap
    }
}
