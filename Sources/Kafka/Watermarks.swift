internal import CRdKafka
internal import Model

enum Watermarks {
    /// Blocks until the partition's leader answered.
    static func query(
        _ client: OpaquePointer, _ partition: KafkaPartition, timeout: Duration
    ) throws(RepriseError) -> KafkaWatermarks {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(
            client, partition.topic, partition.partition, &low, &high, timeout.pollMilliseconds)
        try KafkaError(code).orThrow("the offsets of \(partition) could not be read")
        return KafkaWatermarks(low: low, high: high)
    }
}

extension KafkaError {
    func orThrow(_ message: @autoclosure () -> String) throws(RepriseError) {
        if !isSuccess { throw error(message()) }
    }
}
