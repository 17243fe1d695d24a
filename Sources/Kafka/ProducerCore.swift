internal import CRdKafka
internal import Logging
internal import Model
internal import Synchronization

/// What the producer's poll thread owns. It outlives the `KafkaProducer` that was given out.
final class ProducerCore: Sendable {
    let handle: ClientHandle
    let finished = Latch()
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        /// Monotonic milliseconds at which the flush of a closing producer ends.
        var closeDeadline: Int64?
        var topics: [String: KafkaTopic] = [:]
    }

    init(client: OpaquePointer, logger: Logger) {
        let queue: OpaquePointer = rd_kafka_queue_get_main(client)
        rd_kafka_set_log_queue(client, queue)
        handle = ClientHandle(client: client, queue: queue)
        self.logger = logger
    }

    /// - Parameter sink: let go when the thread ends, so that an owner that is its own sink and
    ///   holds the producer is not kept alive by it after closing.
    func start(_ sink: any KafkaProducerSink) throws(RepriseError) {
        do throws(RepriseError) {
            try PollThread.start("reprise.produce") { self.run(sink) }
        } catch {
            destroy()
            throw error
        }
    }

    func requestClose(flushing milliseconds: Int64) {
        state.withLock {
            let deadline = MonotonicClock.milliseconds + min(milliseconds, 86_400_000)
            $0.closeDeadline = min($0.closeDeadline ?? deadline, deadline)
        }
        handle.wake()
    }

    func topic(_ name: String) throws(RepriseError) -> KafkaTopic {
        try handle.use { (client) throws(RepriseError) in
            if let known = state.withLock({ $0.topics[name] }) { return known }
            // Asking twice for the same name yields the same topic with one more reference.
            guard let pointer = rd_kafka_topic_new(client, name, nil) else {
                throw KafkaError(rd_kafka_last_error()).error(
                    "\"\(name)\" cannot be used as a topic name")
            }
            let topic = KafkaTopic(name: name, pointer: pointer)
            let isNew = state.withLock { $0.topics.updateValue(topic, forKey: name) == nil }
            if !isNew { rd_kafka_topic_destroy(pointer) }
            return topic
        }
    }

    private func run(_ sink: any KafkaProducerSink) {
        serve(sink)
        failWhatIsLeft(sink)
        destroy()
        finished.open()
    }

    private func destroy() {
        handle.retire()
        for topic in state.withLock({ Array($0.topics.values) }) {
            rd_kafka_topic_destroy(topic.pointer)
        }
        rd_kafka_queue_destroy(handle.queue)
        rd_kafka_destroy(handle.client)
    }

    /// Until closing is asked for, and then until all is delivered or the time is up.
    private func serve(_ sink: any KafkaProducerSink) {
        var deliveries: [KafkaDelivery] = []
        while true {
            var timeout: Int64 = 1000
            if let deadline = state.withLock({ $0.closeDeadline }) {
                timeout = min(timeout, deadline - MonotonicClock.milliseconds)
                if timeout <= 0 || rd_kafka_outq_len(handle.client) == 0 { return }
            }
            poll(sink, timeout: Int32(timeout), &deliveries)
        }
    }

    /// So that each accepted message gets its report, even from a producer that is closed.
    private func failWhatIsLeft(_ sink: any KafkaProducerSink) {
        guard rd_kafka_outq_len(handle.client) > 0 else { return }
        rd_kafka_purge(handle.client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        var deliveries: [KafkaDelivery] = []
        let deadline = MonotonicClock.milliseconds + 2000
        while rd_kafka_outq_len(handle.client) > 0, MonotonicClock.milliseconds < deadline {
            poll(sink, timeout: 100, &deliveries)
        }
    }

    private func poll(
        _ sink: any KafkaProducerSink, timeout: Int32, _ deliveries: inout [KafkaDelivery]
    ) {
        guard let event = Event(from: handle.queue, timeout: timeout) else { return }
        if event.type == RD_KAFKA_EVENT_DR {
            // The queue has room only once the event is gone: whoever waits for room hears of
            // it after that.
            collect(event, &deliveries)
            if !deliveries.isEmpty { sink.delivered(deliveries) }
        } else {
            take(event, sink)
        }
    }

    private func take(_ event: borrowing Event, _ sink: any KafkaProducerSink) {
        switch event.type {
        case RD_KAFKA_EVENT_ERROR: sink.failed(event.clientError(of: handle.client))
        case RD_KAFKA_EVENT_LOG: LogBridge.forward(event, to: logger)
        default: break
        }
    }

    /// Destroys the event.
    private func collect(_ event: consuming Event, _ deliveries: inout [KafkaDelivery]) {
        deliveries.removeAll(keepingCapacity: true)
        while let message = rd_kafka_event_message_next(event.pointer) {
            let status = KafkaError(message.pointee.err)
            let mayBeStored =
                !status.isSuccess
                && rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED
            deliveries.append(
                KafkaDelivery(
                    slot: UInt64(UInt(bitPattern: message.pointee._private)),
                    partition: message.pointee.partition,
                    offset: status.isSuccess ? message.pointee.offset : -1, status: status,
                    mayBeStored: mayBeStored))
        }
    }
}
