internal import CRdKafka

/// Owns an `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ partitions: [KafkaPartition]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: partitions.count))
        for partition in partitions {
            rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
        }
    }

    init(_ offsets: [KafkaOffset]) {
        self.init(offsets.map { ($0.partition, .offset($0.offset)) })
    }

    init(_ starts: [(KafkaPartition, KafkaStart)]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: starts.count))
        for (partition, start) in starts {
            let element = rd_kafka_topic_partition_list_add(
                pointer, partition.topic, partition.partition)
            element?.pointee.offset = start.rawOffset
        }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    static func partitions(
        in list: UnsafePointer<rd_kafka_topic_partition_list_t>?
    ) -> [KafkaPartition] {
        elements(of: list).map { KafkaPartition($0) }
    }

    static func elements(
        of list: UnsafePointer<rd_kafka_topic_partition_list_t>?
    ) -> UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        guard let list else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    }

    var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        PartitionList.elements(of: pointer)
    }
}

extension KafkaPartition {
    init(_ element: rd_kafka_topic_partition_t) {
        self.init(
            topic: element.topic.map { String(cString: $0) } ?? "", partition: element.partition)
    }
}

extension KafkaStart {
    var rawOffset: Int64 {
        switch self {
        case .offset(let offset): offset
        case .earliest: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .latest: Int64(RD_KAFKA_OFFSET_END)
        case .committed: Int64(RD_KAFKA_OFFSET_STORED)
        }
    }
}
