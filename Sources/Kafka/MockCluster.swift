internal import CRdKafka
package import Model
internal import Synchronization

/// Kafka brokers inside this process, speaking the real protocol over loopback: for tests and as
/// the demo's embedded broker. Keeps about 5 MB of a partition at most, in memory only.
package final class MockCluster: Sendable {
    /// What a request asks for; Kafka's numbers.
    package enum API: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case offsetFetch = 9
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case syncGroup = 14
        case initProducerID = 22
    }

    /// Broker errors for `push`; Kafka's numbers.
    package enum Failure: Int32, Sendable {
        case offsetOutOfRange = 1
        case notLeader = 6
        case requestTimedOut = 7
        case coordinatorNotAvailable = 15
        case notEnoughReplicas = 19
        case illegalGeneration = 22
        case rebalanceInProgress = 27
        case topicAuthorizationFailed = 29
        case outOfOrderSequence = 45
        case duplicateSequence = 46
        case unknownProducerID = 59
        case fencedInstanceID = 82
    }

    /// `host:port` of each broker in the order of their ids, with commas between.
    package let bootstrapServers: String
    private let cluster: Mutex<Handles?>

    /// Ports of brokers that are down.
    private let holds = Mutex<[Int32: PortHold]>([:])

    private struct Handles: @unchecked Sendable {  // Guarded by the mutex.
        let client: OpaquePointer
        let cluster: OpaquePointer
    }

    /// Broker ids are 1 to `brokers`.
    package init(brokers: Int = 1) throws(RepriseError) {
        let conf = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(conf, nil)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nil, 0) else {
            rd_kafka_conf_destroy(conf)
            throw RepriseError(.internalDefect, "the mock cluster's client could not be made")
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, Int32(clamping: brokers)) else {
            rd_kafka_destroy(client)
            throw RepriseError(.internalDefect, "the mock cluster could not be made")
        }
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        self.cluster = Mutex(Handles(client: client, cluster: cluster))
    }

    deinit { close() }

    /// Ready for clients in this or, over loopback, in other processes.
    package var configuration: KafkaConfiguration {
        KafkaConfiguration(brokers: bootstrapServers.split(separator: ",").map(String.init))
    }

    /// Stops the brokers; what they held is gone.
    package func close() {
        let handles = cluster.withLock { handles -> Handles? in
            defer { handles = nil }
            return handles
        }
        guard let handles else { return }
        rd_kafka_mock_cluster_destroy(handles.cluster)
        rd_kafka_destroy(handles.client)
    }

    /// Fails where the topic is there already.
    package func createTopic(
        _ name: String, partitions: Int = 1, replication: Int = 1
    ) throws(RepriseError) {
        try change("topic \(name) could not be created on the mock cluster") {
            rd_kafka_mock_topic_create($0, name, Int32(partitions), Int32(replication))
        }
    }

    /// The next requests of this kind fail, one for each error given.
    package func push(_ failures: [Failure], to api: API) throws(RepriseError) {
        try change("errors could not be injected") { cluster in
            let errors = failures.map { rd_kafka_resp_err_t(rawValue: $0.rawValue) }
            rd_kafka_mock_push_request_errors_array(cluster, api.rawValue, errors.count, errors)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Takes back what `push` left over.
    package func clearFailures(of api: API) throws(RepriseError) {
        try change("errors could not be cleared") {
            rd_kafka_mock_clear_request_errors($0, api.rawValue)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Closes connections and refuses new ones; leaders do not move.
    package func setDown(_ broker: Int32) throws(RepriseError) {
        try change("broker \(broker) could not be stopped") {
            rd_kafka_mock_broker_set_down($0, broker)
        }
        guard let port = port(of: broker) else { return }
        holds.withLock { $0[broker] = PortHold(port: port) }
    }

    /// Brokers stand in the order of their ids.
    private func port(of broker: Int32) -> UInt16? {
        let addresses = bootstrapServers.split(separator: ",")
        guard broker >= 1, Int(broker) <= addresses.count else { return nil }
        return addresses[Int(broker) - 1].split(separator: ":").last.flatMap { UInt16($0) }
    }

    /// Takes back `setDown`.
    package func setUp(_ broker: Int32) throws(RepriseError) {
        try change("broker \(broker) could not be started") {
            rd_kafka_mock_broker_set_up($0, broker)
        }
        holds.withLock { $0[broker] = nil }
    }

    /// Every answer of the broker comes so much later.
    package func setRoundTrip(_ broker: Int32, _ time: Duration) throws(RepriseError) {
        try change("the round-trip time could not be set") {
            rd_kafka_mock_broker_set_rtt($0, broker, time.pollMilliseconds)
        }
    }

    /// Clients learn of it when the old leader refuses them.
    package func setLeader(
        _ broker: Int32, of partition: KafkaPartition
    ) throws(RepriseError) {
        try change("the leader of \(partition) could not be moved") {
            rd_kafka_mock_partition_set_leader($0, partition.topic, partition.partition, broker)
        }
    }

    /// The group's members are sent to that broker.
    package func setCoordinator(_ broker: Int32, ofGroup group: String) throws(RepriseError) {
        try change("the coordinator could not be moved") {
            rd_kafka_mock_coordinator_set($0, "group", group, broker)
        }
    }

    private func change(
        _ message: String, _ body: (OpaquePointer) -> rd_kafka_resp_err_t
    ) throws(RepriseError) {
        let code = cluster.withLock { handles in
            handles.map { body($0.cluster) } ?? RD_KAFKA_RESP_ERR__DESTROY
        }
        try KafkaError(code).orThrow(message)
    }
}
