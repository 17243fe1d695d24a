package import Kafka
package import Model

/// Keeps what a producer reports.
package final class RecordingProducerSink: KafkaProducerSink {
    package struct Seen: Sendable {
        package var deliveries: [KafkaDelivery] = []
        package var batches = 0
        package var errors: [RepriseError] = []
    }

    package let seen = Probe(Seen())

    package init() {}

    package func delivered(_ deliveries: [KafkaDelivery]) {
        seen.update {
            $0.deliveries += deliveries
            $0.batches += 1
        }
    }

    package func failed(_ error: RepriseError) {
        seen.update { $0.errors.append(error) }
    }
}

/// A message's bytes, copied out of its batch.
package struct SeenMessage: Sendable, Hashable {
    package var partition: Int32
    package var offset: Int64
    package var key: [UInt8]?
    package var value: [UInt8]?
    package var headers: [KafkaHeader]

    package init(_ message: KafkaMessage) {
        partition = message.partition
        offset = message.offset
        key = message.key.map { Array($0) }
        value = message.value.map { Array($0) }
        var headers: [KafkaHeader] = []
        message.forEachHeader { name, value in
            let name = String(decoding: name, as: UTF8.self)
            headers.append(KafkaHeader(name, value.map { Array($0) }))
        }
        self.headers = headers
    }
}

/// Keeps what a consumer gets, and answers the group's questions unless told not to.
package final class RecordingConsumerSink: KafkaConsumerSink {
    package struct Seen: Sendable {
        package var messages: [SeenMessage] = []
        package var assigned: [KafkaRebalance] = []
        package var revoked: [KafkaRebalance] = []
        package var lost: [KafkaRebalance] = []
        package var owned: Set<KafkaPartition> = []
        package var ends: [KafkaPartition: Int64] = [:]
        package var commits: [UInt64: RepriseError?] = [:]
        package var errors: [RepriseError] = []
    }

    package let seen = Probe(Seen())
    package let consumer = Probe<KafkaConsumer?>(nil)
    private let start: KafkaStart
    private let answersAssignment: Bool
    private let answersRevocation: Bool

    package init(
        start: KafkaStart = .committed, answersAssignment: Bool = true,
        answersRevocation: Bool = true
    ) {
        self.start = start
        self.answersAssignment = answersAssignment
        self.answersRevocation = answersRevocation
    }

    package func handle(_ event: KafkaConsumerEvent) {
        let consumer = consumer.read { $0 }
        switch event {
        case .assigned(let rebalance):
            if answersAssignment {
                consumer?.completeAssignment(
                    rebalance, starts: rebalance.partitions.map { ($0, start) })
            }
            seen.update {
                $0.assigned.append(rebalance)
                $0.owned.formUnion(rebalance.partitions)
            }
        case .revoked(let rebalance):
            if answersRevocation { consumer?.completeRevocation(rebalance) }
            seen.update {
                $0.revoked.append(rebalance)
                $0.owned.subtract(rebalance.partitions)
            }
        case .lost(let rebalance):
            seen.update {
                $0.lost.append(rebalance)
                $0.owned.subtract(rebalance.partitions)
            }
        case .reachedEnd(let partition, let offset):
            seen.update { $0.ends[partition] = offset }
        case .committed(let slot, let error):
            seen.update { $0.commits[slot] = .some(error) }
        case .failed(let error):
            seen.update { $0.errors.append(error) }
        }
    }

    package func receive(_ batch: borrowing KafkaBatch) {
        var messages: [SeenMessage] = []
        batch.forEach { messages.append(SeenMessage($0)) }
        seen.update { $0.messages += messages }
    }
}

extension KafkaGroup {
    /// The mock waits almost a session time-out for members that may still come whenever a
    /// member joins or leaves: keep it short, but long enough for a busy machine to answer.
    package static func quick(_ id: String, _ assignor: Assignor) -> KafkaGroup {
        KafkaGroup(
            id: id, assignor: assignor, sessionTimeout: .seconds(10),
            heartbeatInterval: .milliseconds(100), drainTimeout: .seconds(20))
    }
}
