/// A partition of a topic.
package struct KafkaPartition: Sendable, Hashable {
    package var topic: String
    package var partition: Int32

    package init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }
}

extension KafkaPartition: CustomStringConvertible {
    package var description: String { "\(topic)[\(partition)]" }
}

/// A place in a partition: of the next message to read, or of the lowest to keep.
package struct KafkaOffset: Sendable, Hashable {
    package var partition: KafkaPartition
    package var offset: Int64

    package init(_ partition: KafkaPartition, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    package init(topic: String, partition: Int32, offset: Int64) {
        self.init(KafkaPartition(topic: topic, partition: partition), offset: offset)
    }
}

/// Where to begin to read a partition.
package enum KafkaStart: Sendable, Hashable {
    /// This message, or the next that is kept.
    case offset(Int64)
    /// The lowest offset that is kept.
    case earliest
    /// Only what is written from now on.
    case latest
    /// The group's committed offset; earliest where there is none.
    case committed
}

/// The offsets that a partition holds: from `low` up to, and not including, `high`.
package struct KafkaWatermarks: Sendable, Hashable {
    /// The lowest offset that is still kept.
    package var low: Int64
    /// The offset that the next message gets.
    package var high: Int64

    package init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}
