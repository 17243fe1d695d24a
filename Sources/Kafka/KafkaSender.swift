package import Logging
package import Model

/// One message with its bytes, for senders that are not in a hurry.
package struct KafkaRecord: Sendable, Hashable {
    package var partition: KafkaPartition
    /// nil: without a key.
    package var key: [UInt8]?
    /// nil is a tombstone.
    package var value: [UInt8]?
    package var headers: [KafkaHeader]

    package init(
        _ partition: KafkaPartition, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = []
    ) {
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// A header of a message; names may repeat.
package struct KafkaHeader: Sendable, Hashable {
    package var name: String
    /// nil is a null value, which Kafka tells from an empty one.
    package var value: [UInt8]?

    package init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}

/// A producer for tasks: sends a batch and waits for its delivery reports.
package final class KafkaSender: Sendable {
    private let producer: KafkaProducer
    private let reports: SenderReports

    /// Messages that Kafka does not acknowledge within `timeout` fail.
    package init(
        _ configuration: KafkaConfiguration, linger: Duration = .zero,
        timeout: Duration = .seconds(30), logger: Logger = .silent
    ) throws(RepriseError) {
        reports = SenderReports()
        // One refused message must not end a sender that others share.
        producer = try KafkaProducer(
            configuration,
            options: KafkaProducerOptions(
                linger: linger, messageTimeout: timeout, stopsAtGap: false),
            logger: logger, sink: reports)
    }

    /// Sends the records in order and waits until each of them is acknowledged or failed.
    ///
    /// - Returns: one report for each record, in the order of the records.
    package func send(_ records: [KafkaRecord]) async throws(RepriseError) -> [KafkaDelivery] {
        if records.isEmpty { return [] }
        var topics: [String: KafkaTopic] = [:]
        for record in records where topics[record.partition.topic] == nil {
            topics[record.partition.topic] = try producer.topic(record.partition.topic)
        }
        let first = reports.begin(records.count)
        for (index, record) in records.enumerated() {
            guard let topic = topics[record.partition.topic] else { continue }
            let slot = first + UInt64(index)
            let status = offer(record, topic, slot: slot)
            if !status.isSuccess {
                // Neither queued nor sent: its report is made here.
                let report = KafkaDelivery(
                    slot: slot, partition: record.partition.partition, offset: -1, status: status,
                    mayBeStored: false)
                reports.delivered([report])
            }
        }
        return await reports.wait(first)
    }

    private func offer(_ record: KafkaRecord, _ topic: KafkaTopic, slot: UInt64) -> KafkaError {
        var headers = KafkaHeaders()
        for header in record.headers {
            var name = header.name
            name.withUTF8 { name in
                header.value.withBytes { headers.append(name: UnsafeRawBufferPointer(name), $0) }
            }
        }
        return record.key.withBytes { key in
            record.value.withBytes { value in
                producer.offer(
                    topic: topic, partition: record.partition.partition, key: key, value: value,
                    headers: &headers, slot: slot, timestamp: 0)
            }
        }
    }

    /// Waits up to `flushing` for what is under way; the rest fails with a report, and may be
    /// stored all the same.
    package func close(flushing: Duration = .zero) async {
        await producer.close(flushing: flushing)
    }
}

extension Optional where Wrapped == [UInt8] {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard let self else { return body(nil) }
        return self.withUnsafeBytes { body($0) }
    }
}
