internal import CRdKafka
package import Logging
package import Model

/// An idempotent producer with a poll thread of its own. Every operation may be called from any
/// thread; none waits for Kafka unless it says so.
///
/// `close` must be called: a producer that is merely forgotten is closed in the background and
/// throws out what it still holds.
package final class KafkaProducer: Sendable {
    private let core: ProducerCore

    /// - Throws: `kafkaConfiguration`.
    package init(
        _ configuration: KafkaConfiguration,
        options: KafkaProducerOptions = KafkaProducerOptions(), logger: Logger = .silent,
        sink: any KafkaProducerSink
    ) throws(RepriseError) {
        try configuration.validate()
        let properties = try ClientProperties(configuration, role: .producer(options))
        let client = try Conf(properties).newClient(
            RD_KAFKA_PRODUCER, events: RD_KAFKA_EVENT_DR)
        core = ProducerCore(client: client, logger: logger)
        try core.start(sink)
    }

    deinit { core.requestClose(flushing: 0) }

    /// A handle for `produce`; valid until the producer is closed.
    package func topic(_ name: String) throws(RepriseError) -> KafkaTopic {
        try core.topic(name)
    }

    /// Offers one message; the bytes are copied. A nil value is a tombstone.
    ///
    /// - Parameters:
    ///   - slot: comes back in the delivery report.
    ///   - timestamp: milliseconds since 1970; 0 means now.
    /// - Throws: `kafkaFatal` when the producer is used up, `tooLarge`, `topicMissing` for a
    ///   partition that does not exist, `shuttingDown`. Nothing was accepted then.
    package func produce(
        topic: KafkaTopic, partition: Int32, key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?, headers: inout KafkaHeaders, slot: UInt64,
        timestamp: Int64 = 0
    ) throws(RepriseError) -> KafkaAcceptance {
        let status = offer(
            topic: topic, partition: partition, key: key, value: value, headers: &headers,
            slot: slot, timestamp: timestamp)
        if status.isSuccess { return .accepted }
        if status.code == RD_KAFKA_RESP_ERR__QUEUE_FULL { return .queueFull }
        throw status.error(
            "a message to partition \(partition) of topic \(topic.name) was not taken")
    }

    /// As `produce`, with librdkafka's answer as it is.
    func offer(
        topic: KafkaTopic, partition: Int32, key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?, headers: inout KafkaHeaders, slot: UInt64,
        timestamp: Int64
    ) -> KafkaError {
        let given = headers.pointer
        let code = try? core.handle.use { (client) throws(RepriseError) in
            reprise_produce(
                client, topic.pointer, partition,
                key.map { $0.baseAddress ?? emptyBytes }, key?.count ?? 0,
                value.map { $0.baseAddress ?? emptyBytes }, value?.count ?? 0,
                given, timestamp, UnsafeMutableRawPointer(bitPattern: UInt(slot)))
        }
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { headers.accepted() }
        return KafkaError(code ?? RD_KAFKA_RESP_ERR__DESTROY)
    }

    /// Messages that were accepted and are not reported yet.
    package var queuedMessages: Int {
        let count = try? core.handle.use { (client) throws(RepriseError) in
            rd_kafka_outq_len(client)
        }
        return Int(count ?? 0)
    }

    /// Blocks the calling thread until everything accepted so far is reported, or the time is up.
    /// Never call it from the sink.
    ///
    /// - Returns: whether everything was reported.
    package func flush(timeout: Duration) throws(RepriseError) -> Bool {
        let code = try core.handle.use { (client) throws(RepriseError) in
            rd_kafka_flush(client, timeout.pollMilliseconds)
        }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// Throws out what is queued and what is on its way; each message is reported as failed.
    package func purge() throws(RepriseError) {
        try core.handle.use { (client) throws(RepriseError) in
            _ = rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        }
    }

    /// Begins to close; what is not delivered within `flushing` is reported as failed. Safe in
    /// the sink.
    package func requestClose(flushing: Duration = .zero) {
        core.requestClose(flushing: flushing.roundedUpMilliseconds)
    }

    /// Closes and waits for the end of the poll thread: afterwards the sink hears nothing more.
    package func close(flushing: Duration = .zero) async {
        requestClose(flushing: flushing)
        await core.finished.wait()
    }

    /// As `close`, for a thread that may block. Never call it from the sink or a task.
    package func closeBlocking(flushing: Duration = .zero) {
        requestClose(flushing: flushing)
        core.finished.block()
    }

    /// For tests: makes the client behave as after a fatal error from the broker.
    package func injectFatalError(reason: String) throws(RepriseError) {
        try core.handle.use { (client) throws(RepriseError) in
            _ = rd_kafka_test_fatal_error(
                client, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, reason)
        }
    }
}
