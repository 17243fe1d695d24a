internal import Kafka
internal import Model
internal import Platform
internal import Synchronization

/// One producer and what it has reported. Used up after the first failure: the mirror makes another.
final class MirrorLink: KafkaProducerSink {
    private struct Reports {
        var delivered: [UInt64] = []
        var failure: RepriseError?
    }

    private let producer: Mutex<KafkaProducer?> = Mutex(nil)
    private let reports = Mutex(Reports())
    private let signal: Signal
    private let topic: Mutex<KafkaTopic?> = Mutex(nil)

    init(_ options: Mirror.Options, signal: Signal) throws(RepriseError) {
        self.signal = signal
        let made = try KafkaProducer(options.kafka, options: options.producer, sink: self)
        let handle = try made.topic(options.topic)
        topic.withLock { $0 = handle }
        producer.withLock { $0 = made }
    }

    /// Slots of messages that Kafka has; throws when the producer is used up.
    func takeDelivered() throws(RepriseError) -> [UInt64] {
        let (delivered, failure) = reports.withLock { reports in
            defer { reports.delivered = [] }
            return (reports.delivered, reports.failure)
        }
        if let failure { throw failure }
        return delivered
    }

    /// False when the producer's queue is full: offer it again after deliveries.
    func produce(
        session: SessionID, partition: Int32, _ bytes: [UInt8], _ range: Range<Int>,
        _ headers: inout KafkaHeaders, slot: UInt64
    ) throws(RepriseError) -> Bool {
        guard let producer = producer.withLock({ $0 }), let topic = topic.withLock({ $0 }) else {
            throw RepriseError(.shuttingDown, "The mirror is closing.")
        }
        let result = withUnsafeTemporaryAllocation(
            of: UInt8.self, capacity: SessionID.textLength
        ) { key -> Result<KafkaAcceptance, RepriseError> in
            session.writeText(to: key)
            return bytes.withUnsafeBytes { all in
                do throws(RepriseError) {
                    return .success(
                        try producer.produce(
                            topic: topic, partition: partition, key: UnsafeRawBufferPointer(key),
                            value: UnsafeRawBufferPointer(rebasing: all[range]),
                            headers: &headers, slot: slot))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try result.get() == .accepted
    }

    func close() {
        let producer = self.producer.withLock { $0.take() }
        topic.withLock { $0 = nil }
        producer?.closeBlocking()
    }

    // MARK: On the producer's thread

    func delivered(_ deliveries: [KafkaDelivery]) {
        reports.withLock { reports in
            for delivery in deliveries {
                if let error = delivery.error {
                    reports.failure = reports.failure ?? error
                } else {
                    reports.delivered.append(delivery.slot)
                }
            }
        }
        signal.notify()
    }

    func failed(_ error: RepriseError) {
        // Anything but a fatal error passes by itself: librdkafka goes on trying.
        guard error.code == .kafkaFatal || error.code == .fenced else { return }
        reports.withLock { $0.failure = $0.failure ?? error }
        signal.notify()
    }
}
