internal import CRdKafka
internal import Logging
internal import Model

/// One run of a `KafkaReader`, on its own thread from the first connection to the last.
struct Reading: Sendable {
    let topic: String
    let partitions: [Int32]?
    let starts: [Int32: Int64]
    let timeout: Duration
    let logger: Logger
    let batch: @Sendable (borrowing KafkaBatch) -> Bool

    private static let maxBatch = 1000

    func run(
        _ configuration: KafkaConfiguration
    ) -> Result<[Int32: KafkaWatermarks], RepriseError> {
        Result { () throws(RepriseError) in
            let properties = try ClientProperties(configuration, role: .reader)
            let client = try Conf(properties).newClient(
                RD_KAFKA_CONSUMER, events: RD_KAFKA_EVENT_FETCH)
            defer { rd_kafka_destroy(client) }
            guard let queue = rd_kafka_queue_new(client) else {
                throw RepriseError(.internalDefect, "librdkafka made no queue")
            }
            defer { rd_kafka_queue_destroy(queue) }
            rd_kafka_set_log_queue(client, queue)
            return try read(client, queue)
        }
    }

    private func read(
        _ client: OpaquePointer, _ queue: OpaquePointer
    ) throws(RepriseError) -> [Int32: KafkaWatermarks] {
        var watermarks: [Int32: KafkaWatermarks] = [:]
        for partition in try wanted(client) {
            watermarks[partition] = try Watermarks.query(
                client, KafkaPartition(topic: topic, partition: partition), timeout: timeout)
        }
        guard let handle = rd_kafka_topic_new(client, topic, nil) else {
            throw KafkaError(rd_kafka_last_error()).error("\"\(topic)\" is no topic name")
        }
        defer { rd_kafka_topic_destroy(handle) }
        /// The offset before which each partition is still to be read.
        var ends: [Int32: Int64] = [:]
        defer { for partition in watermarks.keys { rd_kafka_consume_stop(handle, partition) } }
        for (partition, marks) in watermarks {
            var start = max(starts[partition] ?? marks.low, marks.low)
            // The topic was made anew, or lost its end.
            if start > marks.high { start = marks.low }
            if start >= marks.high { continue }
            ends[partition] = marks.high
            if rd_kafka_consume_start_queue(handle, partition, start, queue) != 0 {
                throw KafkaError(rd_kafka_last_error()).error("\(topic) cannot be read")
            }
        }
        try drain(queue, &ends)
        return watermarks
    }

    private func wanted(_ client: OpaquePointer) throws(RepriseError) -> [Int32] {
        if let partitions { return partitions }
        do throws(AdminFailure) {
            let metadata = try Metadata(client, topic: topic, timeout: timeout)
            return try (0..<metadata.partitionCount(of: topic)).map { Int32($0) }
        } catch {
            throw error.error
        }
    }

    private func drain(
        _ queue: OpaquePointer, _ ends: inout [Int32: Int64]
    ) throws(RepriseError) {
        var events: [OpaquePointer] = []
        var messages: [UnsafePointer<rd_kafka_message_t>] = []
        var lastProgress = MonotonicClock.milliseconds
        while !ends.isEmpty {
            defer {
                for event in events { rd_kafka_event_destroy(event) }
                events.removeAll(keepingCapacity: true)
                messages.removeAll(keepingCapacity: true)
            }
            var wait: Int32 = 1000
            while messages.count < Reading.maxBatch, let event = Event(from: queue, timeout: wait) {
                wait = 0
                lastProgress = MonotonicClock.milliseconds
                guard event.type == RD_KAFKA_EVENT_FETCH else {
                    try take(event, &ends)
                    continue
                }
                guard let message = rd_kafka_event_message_next(event.pointer) else { continue }
                events.append(event.take())
                let partition = message.pointee.partition
                guard let end = ends[partition], message.pointee.offset < end else {
                    ends[partition] = nil
                    continue
                }
                messages.append(message)
                if message.pointee.offset == end - 1 { ends[partition] = nil }
            }
            if !messages.isEmpty, !batch(KafkaBatch(messages)) { return }
            if MonotonicClock.milliseconds - lastProgress > timeout.roundedUpMilliseconds {
                throw RepriseError(
                    .kafkaTimeout, "reading \(topic) came to a halt; check the brokers' health")
            }
        }
    }

    private func take(
        _ event: borrowing Event, _ ends: inout [Int32: Int64]
    ) throws(RepriseError) {
        if event.type == RD_KAFKA_EVENT_LOG { LogBridge.forward(event, to: logger) }
        guard event.type == RD_KAFKA_EVENT_ERROR else { return }
        guard let place = rd_kafka_event_topic_partition(event.pointer) else { return }
        defer { rd_kafka_topic_partition_destroy(place) }
        if event.error.code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            // The last offsets may have been compacted away, or hold a transaction's marker.
            let partition = place.pointee.partition
            if let end = ends[partition], place.pointee.offset >= end { ends[partition] = nil }
        } else {
            throw event.error.error("\(topic) cannot be read", detail: event.errorText)
        }
    }
}
