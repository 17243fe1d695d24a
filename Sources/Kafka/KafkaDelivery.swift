package import Model

/// What became of one accepted message.
package struct KafkaDelivery: Sendable, Hashable {
    /// The number that came with the message.
    package var slot: UInt64
    package var partition: Int32
    /// Where the message stands in the partition; -1 when it failed.
    package var offset: Int64
    /// Success, or why Kafka does not have the message.
    package var status: KafkaError
    /// For a failed message: whether the broker may have stored it all the same.
    package var mayBeStored: Bool

    package init(
        slot: UInt64, partition: Int32, offset: Int64, status: KafkaError, mayBeStored: Bool
    ) {
        self.slot = slot
        self.partition = partition
        self.offset = offset
        self.status = status
        self.mayBeStored = mayBeStored
    }

    /// Acknowledged by all replicas that are in sync: durable in Kafka.
    package var isDelivered: Bool { status.isSuccess }

    /// nil when the message was delivered.
    package var error: RepriseError? {
        if status.isSuccess { return nil }
        return status.error(
            "a message to partition \(partition) was not acknowledged by Kafka")
    }
}

/// Takes what a producer reports, on the producer's poll thread: be brief.
package protocol KafkaProducerSink: AnyObject, Sendable {
    /// One report for each accepted message, in batches; of one partition in order.
    func delivered(_ deliveries: [KafkaDelivery])
    /// The connection has trouble. With code `kafkaFatal` this producer will never deliver
    /// anything again: close it, make a new one and go on from the first undelivered message.
    func failed(_ error: RepriseError)
}

/// The answer to a message that is offered to a producer.
package enum KafkaAcceptance: Sendable, Hashable {
    /// Will be reported exactly once to the sink.
    case accepted
    /// Nothing happened; offer it again after deliveries have been reported.
    case queueFull
}

/// A topic of one producer, looked up once.
package struct KafkaTopic: @unchecked Sendable {  // The pointer is librdkafka's, thread-safe.
    package let name: String
    let pointer: OpaquePointer
}
