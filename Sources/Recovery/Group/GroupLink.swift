internal import Kafka
internal import Logging
internal import Model
internal import Platform
internal import Sessions
internal import Synchronization

/// The worker's producer. Used up after a fatal failure: the loop makes another.
final class GroupLink: KafkaProducerSink {
    private let worker: GroupWorker
    private let producer = Mutex<KafkaProducer?>(nil)
    private let topics = Mutex<(sessions: KafkaTopic, deadLetters: KafkaTopic)?>(nil)

    init(_ worker: GroupWorker) throws(RepriseError) {
        self.worker = worker
        // Claims are waited for: no linger.
        let made = try KafkaProducer(
            worker.options.kafka, options: KafkaProducerOptions(linger: .zero),
            logger: worker.logger, sink: self)
        let sessions = try made.topic(worker.options.sessionsTopic)
        let deadLetters = try made.topic(worker.options.deadLettersTopic)
        topics.withLock { $0 = (sessions, deadLetters) }
        producer.withLock { $0 = made }
    }

    /// Offers the messages in order; gives the index of the first that the full queue refused.
    func produce(_ messages: [OutgoingMessage]) throws(RepriseError) -> Int? {
        guard let producer = producer.withLock({ $0 }), let topics = topics.withLock({ $0 }) else {
            throw RepriseError(.shuttingDown, "The worker is closing.")
        }
        for (index, message) in messages.enumerated() {
            let slot = worker.state.withLock { state in
                let slot = state.nextSlot
                state.nextSlot += 1
                state.inFlight[slot] = message
                return slot
            }
            var isAccepted = false
            do throws(RepriseError) {
                switch message.content {
                case .events(let partition, let events, let writer):
                    isAccepted = try produce(
                        events, by: writer, to: partition, topics.sessions, producer, slot)
                case .deadLetter(let session, _):
                    isAccepted = try produce(session, topics.deadLetters, producer, slot)
                }
            } catch {
                worker.state.withLock { state in
                    state.inFlight[slot] = nil
                    state.outbox.insert(contentsOf: messages[index...], at: 0)
                }
                throw error
            }
            guard isAccepted else {
                worker.state.withLock { $0.inFlight[slot] = nil }
                return index
            }
        }
        return nil
    }

    private func produce(
        _ events: [Event], by writer: Writer, to partition: Int32, _ topic: KafkaTopic,
        _ producer: KafkaProducer, _ slot: UInt64
    ) throws(RepriseError) -> Bool {
        var headers = KafkaHeaders()
        let bytes: [UInt8]
        var key: [UInt8]?
        if events.count == 1, let event = events.first {
            headers.append(WireHeader.type, event.body.type?.wireName ?? "unknown")
            bytes = event.encoded
            if event.session != Event.noSession { key = Array("\(event.session)".utf8) }
        } else {
            headers.append(WireHeader.type, WireHeader.batch)
            bytes = EventBatch.encoded(events)
        }
        headers.append(WireHeader.origin, writer.text)
        return try offer(
            key: key, bytes, topic, partition, &headers, producer, slot)
    }

    /// The whole session, under its id: the topic is compacted and is its home from now on.
    private func produce(
        _ session: Session, _ topic: KafkaTopic, _ producer: KafkaProducer, _ slot: UInt64
    ) throws(RepriseError) -> Bool {
        var headers = KafkaHeaders()
        headers.append(WireHeader.kind, session.kind.name)
        headers.append(WireHeader.partition, String(session.partition))
        if case .parked(let parking) = session.phase {
            headers.append(WireHeader.reason, parking.reason.rawValue)
        }
        for header in session.headers {
            var name = header.name
            var value = header.value
            name.withUTF8 { name in
                value.withUTF8 {
                    headers.append(
                        name: UnsafeRawBufferPointer(name), UnsafeRawBufferPointer($0))
                }
            }
        }
        return try offer(
            key: Array("\(session.id)".utf8), session.snapshot.encoded, topic, 0, &headers,
            producer, slot)
    }

    private func offer(
        key: [UInt8]?, _ value: [UInt8], _ topic: KafkaTopic, _ partition: Int32,
        _ headers: inout KafkaHeaders, _ producer: KafkaProducer, _ slot: UInt64
    ) throws(RepriseError) -> Bool {
        let result = value.withUnsafeBytes { value -> Result<KafkaAcceptance, RepriseError> in
            (key ?? []).withUnsafeBytes { bytes in
                do throws(RepriseError) {
                    return .success(
                        try producer.produce(
                            topic: topic, partition: partition, key: key == nil ? nil : bytes,
                            value: value, headers: &headers, slot: slot))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try result.get() == .accepted
    }

    func flush(within timeout: Duration) {
        _ = try? producer.withLock { $0 }?.flush(timeout: timeout)
    }

    func close() {
        let producer = self.producer.withLock { $0.take() }
        topics.withLock { $0 = nil }
        producer?.closeBlocking()
    }

    // MARK: On the producer's thread

    func delivered(_ deliveries: [KafkaDelivery]) {
        let now = worker.now()
        worker.state.withLock { state in
            for delivery in deliveries {
                guard delivery.isDelivered else {
                    state.producerFailure = state.producerFailure ?? delivery.error
                    continue
                }
                guard let message = state.inFlight.removeValue(forKey: delivery.slot) else {
                    continue
                }
                state.delivered(message, at: delivery.offset, now: now)
                if case .deadLetter(let session, let partition) = message.content {
                    state.deadLettered(session, partition)
                }
            }
        }
        worker.signal.notify()
    }

    func failed(_ error: RepriseError) {
        worker.meters.failed(error.code)
        guard error.code == .kafkaFatal || error.code == .fenced else { return }
        worker.state.withLock { $0.producerFailure = $0.producerFailure ?? error }
        worker.signal.notify()
    }
}

extension GroupState {
    /// The dead-letter topic has the session: the partition may let it go.
    mutating func deadLettered(_ session: Session, _ partition: Int32) {
        guard let writer = partitions[partition]?.writer else { return }
        let event = Event(
            session: session.id, partition: UInt32(partition), body: .deadLettered)
        outbox.append(
            OutgoingMessage(content: .events(partition: partition, [event], writer: writer)))
    }
}
