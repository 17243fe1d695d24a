internal import CRdKafka

/// Owns the cluster's answer to a metadata request. Blocks while it is asked for.
struct Metadata: ~Copyable {
    let pointer: UnsafePointer<rd_kafka_metadata>

    init(_ client: OpaquePointer, topic: String?, timeout: Duration) throws(AdminFailure) {
        var handle: OpaquePointer?
        if let topic {
            handle = rd_kafka_topic_new(client, topic, nil)
            if handle == nil {
                throw AdminFailure(
                    KafkaError(rd_kafka_last_error()), "\"\(topic)\" is no topic name")
            }
        }
        defer { if let handle { rd_kafka_topic_destroy(handle) } }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client, 0, handle, &answer, timeout.pollMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw AdminFailure(KafkaError(code), "Kafka did not describe itself")
        }
        pointer = answer
    }

    deinit { rd_kafka_metadata_destroy(pointer) }

    func partitionCount(of topic: String) throws(AdminFailure) -> Int {
        let topics = UnsafeBufferPointer(
            start: pointer.pointee.topics, count: Int(pointer.pointee.topic_cnt))
        let found = topics.first { $0.topic.map { String(cString: $0) } == topic }
        let status = KafkaError(found?.err ?? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        if !status.isSuccess {
            throw AdminFailure(status, "topic \(topic) is not there or not to be read")
        }
        return Int(found?.partition_cnt ?? 0)
    }
}
