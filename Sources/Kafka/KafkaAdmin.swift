internal import CRdKafka
package import Logging
package import Model

/// Questions and changes to the cluster, done one after the other on a thread of its own.
///
/// Every call ends within its time-out (default 15 s). `close` must be called; a client that is
/// merely forgotten is closed in the background.
package final class KafkaAdmin: Sendable {
    let core: AdminCore

    /// - Throws: `kafkaConfiguration`.
    package init(
        _ configuration: KafkaConfiguration, timeout: Duration = .seconds(15),
        logger: Logger = .silent
    ) throws(RepriseError) {
        try configuration.validate()
        let properties = try ClientProperties(configuration, role: .admin)
        let client = try Conf(properties).newClient(RD_KAFKA_PRODUCER, events: 0)
        core = AdminCore(
            client: client, brokers: configuration.brokers, timeout: timeout, logger: logger)
        try core.start()
    }

    deinit { core.requestClose() }

    /// Waits until a broker answers.
    ///
    /// - Returns: the number of brokers in the cluster.
    /// - Throws: `kafkaUnreachable`, `kafkaRefused`, `kafkaTimeout`.
    package func checkReachable() async throws(RepriseError) -> Int {
        try await core.run { (client, timeout) throws(AdminFailure) in
            let metadata = try Metadata(client, topic: nil, timeout: timeout)
            return Int(metadata.pointer.pointee.broker_cnt)
        }
    }

    /// - Returns: the number of partitions.
    /// - Throws: `topicMissing`, and as `checkReachable`.
    package func partitionCount(of topic: String) async throws(RepriseError) -> Int {
        try await core.run { (client, timeout) throws(AdminFailure) in
            try Metadata(client, topic: topic, timeout: timeout).partitionCount(of: topic)
        }
    }

    /// The lowest offset still kept and the next one to be written.
    package func watermarks(
        of partitions: [KafkaPartition]
    ) async throws(RepriseError) -> [KafkaPartition: KafkaWatermarks] {
        try await core.run { (client, timeout) throws(AdminFailure) in
            var found: [KafkaPartition: KafkaWatermarks] = [:]
            for partition in partitions {
                do throws(RepriseError) {
                    found[partition] = try Watermarks.query(client, partition, timeout: timeout)
                } catch {
                    throw AdminFailure(error)
                }
            }
            return found
        }
    }

    /// Waits for the calls that were made before and ends the thread. A later call throws
    /// `shuttingDown`.
    package func close() async {
        core.requestClose()
        await core.finished.wait()
    }
}
