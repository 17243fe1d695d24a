package import Model

/// Partitions that came or go together. Its id ties the owner's answer to the question.
package struct KafkaRebalance: Sendable, Hashable {
    /// Growing from question to question.
    package var id: UInt64
    /// Those that this rebalance is about, not all that the member has.
    package var partitions: [KafkaPartition]

    package init(id: UInt64, partitions: [KafkaPartition]) {
        self.id = id
        self.partitions = partitions
    }
}

/// What happens to a consumer besides messages.
package enum KafkaConsumerEvent: Sendable {
    /// Answer with `completeAssignment`; nothing is read before that.
    case assigned(KafkaRebalance)
    /// Finish what must be finished and commit, then answer with `completeRevocation`. Messages
    /// keep coming until then. A broker may refuse the commit, because the group already moves on:
    /// that costs the next owner some reading, no more. Without an answer within the group's
    /// drain time-out: `lost`.
    case revoked(KafkaRebalance)
    /// Gone already, somebody else may own them: commit nothing, answer nothing.
    case lost(KafkaRebalance)
    /// The log's end was reached; the next message, once there is one, is at `offset` or beyond.
    case reachedEnd(KafkaPartition, offset: Int64)
    /// The result of the `commit` with this slot; nil is success.
    case committed(slot: UInt64, error: RepriseError?)
    /// Trouble. With code `kafkaFatal` or `fenced` the consumer is used up: close it.
    case failed(RepriseError)
}

/// Takes what a consumer gets, on the consumer's poll thread, one call at a time and in order.
package protocol KafkaConsumerSink: AnyObject, Sendable {
    /// Be brief: nothing is read while it runs, and after the group's longest poll interval the
    /// partitions go to somebody else.
    func handle(_ event: KafkaConsumerEvent)
    /// The batch and all that it points to are gone when this returns.
    func receive(_ batch: borrowing KafkaBatch)
}
