internal import Kafka
internal import Model
internal import Platform
internal import Synchronization

/// The mirror's producers and what they have reported. Used up after the first failure: the mirror
/// makes another link.
final class MirrorLink: KafkaProducerSink {
    /// What Kafka has, and what it will never take.
    struct Reports: Sendable {
        var delivered: [UInt64] = []
        var refused: [(slot: UInt64, error: RepriseError)] = []
        fileprivate var failure: RepriseError?
    }

    private let producer: Mutex<KafkaProducer?> = Mutex(nil)
    private let reports = Mutex(Reports())
    private let signal: Signal
    private let topic: Mutex<KafkaTopic?> = Mutex(nil)
    /// Others than the sessions topic, as they are met.
    private let others = Mutex<[String: KafkaTopic]>([:])
    private let outcomeTopic: String?
    private let kafka: KafkaConfiguration
    private let outbox = Mutex<KafkaProducer?>(nil)
    private let onError: @Sendable (RepriseError) -> Void

    init(
        _ options: Mirror.Options, signal: Signal,
        onError: @escaping @Sendable (RepriseError) -> Void
    ) throws(RepriseError) {
        self.onError = onError
        self.signal = signal
        outcomeTopic = options.outcomeTopic
        kafka = options.kafka
        let made = try KafkaProducer(options.kafka, options: options.producer, sink: self)
        let handle = try made.topic(options.topic)
        topic.withLock { $0 = handle }
        producer.withLock { $0 = made }
    }

    /// What has been reported since the last call; throws when the link is used up.
    func takeReports() throws(RepriseError) -> Reports {
        let taken = reports.withLock { reports in
            defer {
                reports.delivered = []
                reports.refused = []
            }
            return reports
        }
        if let failure = taken.failure { throw failure }
        return taken
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

    /// As above, for what is no session's; the key decides the partition.
    func produce(
        _ announcement: Announcement, _ headers: inout KafkaHeaders, slot: UInt64
    ) throws(RepriseError) -> Bool {
        guard let name = announcement.topic ?? outcomeTopic,
            let producer = try announcement.topic == nil ? own() : outboxProducer()
        else { throw RepriseError(.shuttingDown, "The mirror is closing.") }
        let topic = try self.other(name, producer)
        if headers.isEmpty { MirrorHeaders.fill(&headers, announcement.headers) }
        let result = MirrorLink.withBytes(announcement.key) { key in
            MirrorLink.withBytes(announcement.value) {
                value -> Result<KafkaAcceptance, RepriseError> in
                do throws(RepriseError) {
                    return .success(
                        try producer.produce(
                            topic: topic, partition: MirrorLink.anyPartition, key: key,
                            value: value,
                            headers: &headers, slot: slot))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try result.get() == .accepted
    }

    private func own() -> KafkaProducer? { producer.withLock { $0 } }

    /// A producer of its own: topics that people name may be missing or refuse a message, which must
    /// not keep the sessions back.
    private func outboxProducer() throws(RepriseError) -> KafkaProducer? {
        guard own() != nil else { return nil }
        if let made = outbox.withLock({ $0 }) { return made }
        let made = try KafkaProducer(
            kafka, options: KafkaProducerOptions(stopsAtGap: false), sink: OutboxSink(link: self))
        outbox.withLock { $0 = made }
        return made
    }

    /// librdkafka chooses by the key.
    private static let anyPartition: Int32 = -1

    private func other(_ name: String, _ producer: KafkaProducer) throws(RepriseError) -> KafkaTopic
    {
        if let known = others.withLock({ $0[name] }) { return known }
        let made = try producer.topic(name)
        others.withLock { $0[name] = made }
        return made
    }

    private static func withBytes<Result>(
        _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        guard let bytes else { return body(nil) }
        return bytes.withUnsafeBytes { body($0) }
    }

    func close() {
        let producer = self.producer.withLock { $0.take() }
        topic.withLock { $0 = nil }
        others.withLock { $0 = [:] }
        let outbox = self.outbox.withLock { $0.take() }
        outbox?.closeBlocking()
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
        onError(error)
        // Anything but a fatal error passes by itself: librdkafka goes on trying.
        guard error.code == .kafkaFatal || error.code == .fenced else { return }
        reports.withLock { $0.failure = $0.failure ?? error }
        signal.notify()
    }

    /// Reports of the outbox: what Kafka will never take is told apart from what ends the link.
    fileprivate func outboxDelivered(_ deliveries: [KafkaDelivery]) {
        reports.withLock { reports in
            for delivery in deliveries {
                switch delivery.error {
                case nil: reports.delivered.append(delivery.slot)
                case let error? where MirrorLink.isOfTheMessage(error.code):
                    reports.refused.append((delivery.slot, error))
                case let error?: reports.failure = reports.failure ?? error
                }
            }
        }
        signal.notify()
    }

    /// Whether trying again is no use.
    static func isOfTheMessage(_ code: ErrorCode) -> Bool {
        switch code {
        case .topicMissing, .tooLarge, .kafkaRefused, .invalidRequest: true
        default: false
        }
    }
}

private final class OutboxSink: KafkaProducerSink {
    private let link: WeakLink

    init(link: MirrorLink) {
        self.link = WeakLink(link)
    }

    func delivered(_ deliveries: [KafkaDelivery]) { link.value?.outboxDelivered(deliveries) }

    func failed(_ error: RepriseError) { link.value?.failed(error) }
}

/// The link holds its producers, and they their sinks.
private struct WeakLink: @unchecked Sendable {  // Set once; weak references are thread-safe.
    weak var value: MirrorLink?

    init(_ value: MirrorLink) {
        self.value = value
    }
}
