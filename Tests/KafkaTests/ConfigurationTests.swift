import Kafka
import Model
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    private func failure(of configuration: KafkaConfiguration) throws -> RepriseError {
        try #require(throws: RepriseError.self) { try configuration.validate() }
    }

    @Test func plainBrokersAreAccepted() throws {
        try KafkaConfiguration(
            brokers: ["kafka-1:9092", "[::1]:9093"], properties: ["socket.timeout.ms": "5000"]
        ).validate()
    }

    @Test(arguments: [[], ["kafka"], ["kafka:"], [":9092"], ["kafka:99999"], ["a:1,b:2"], [""]])
    func unusableBrokersAreNamed(brokers: [String]) throws {
        let error = try failure(of: KafkaConfiguration(brokers: brokers))
        #expect(error.code == .kafkaConfiguration)
        #expect(brokers.isEmpty || error.message.contains(brokers[0]))
    }

    @Test(arguments: [
        "acks", "enable.idempotence", "message.timeout.ms", "delivery.timeout.ms", "retries",
        "auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store", "max.in.flight",
        "queuing.strategy", "group.id", "bootstrap.servers", "sasl.password", "rebalance_cb",
        "transactional.id", "partitioner", "isolation.level",
    ])
    func propertiesThatAreOursAreRefused(name: String) throws {
        let error = try failure(
            of: KafkaConfiguration(brokers: ["k:1"], properties: [name: "1"]))
        #expect(error.code == .kafkaConfiguration)
        #expect(error.message.contains(name))
    }

    @Test func unknownPropertyIsNamed() throws {
        let error = try failure(
            of: KafkaConfiguration(brokers: ["k:1"], properties: ["sockt.timeout.ms": "1"]))
        #expect(error.code == .kafkaConfiguration)
        #expect(error.message.contains("sockt.timeout.ms"))
        #expect(error.message.contains("spelling"))
    }

    @Test func badValueIsNamed() throws {
        let error = try failure(
            of: KafkaConfiguration(brokers: ["k:1"], properties: ["socket.timeout.ms": "soon"]))
        #expect(error.message.contains("socket.timeout.ms"))
        #expect(error.cause != nil)
    }

    @Test func badSecretIsNotRepeated() throws {
        let error = try failure(
            of: KafkaConfiguration(
                brokers: ["k:1"], properties: ["ssl.keystore.password2": "hunter2"]))
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test func certificateNeedsItsKey() throws {
        let security = KafkaSecurity(tls: KafkaTLS(certificateLocation: "/a.pem"))
        let error = try failure(of: KafkaConfiguration(brokers: ["k:1"], security: security))
        #expect(error.message.contains("ssl.key.location"))
    }

    @Test func missingFileIsReportedAtStart() throws {
        let security = KafkaSecurity(tls: KafkaTLS(caLocation: "/does/not/exist.pem"))
        let configuration = KafkaConfiguration(brokers: ["k:1"], security: security)
        let error = try #require(throws: RepriseError.self) { _ = try KafkaAdmin(configuration) }
        #expect(error.code == .kafkaConfiguration)
        #expect(error.message.contains("ssl.ca.location: /does/not/exist.pem"))
    }

    @Test func saslNeedsBothParts() throws {
        let sasl = KafkaSASL(mechanism: .scramSHA256, username: "u", password: "")
        let configuration = KafkaConfiguration(
            brokers: ["k:1"], security: KafkaSecurity(sasl: sasl))
        #expect(try failure(of: configuration).code == .kafkaConfiguration)
    }

    @Test(arguments: KafkaSASL.Mechanism.allCases)
    func everyMechanismIsAccepted(mechanism: KafkaSASL.Mechanism) async throws {
        let sasl = KafkaSASL(mechanism: mechanism, username: "u", password: "p")
        let security = KafkaSecurity(tls: KafkaTLS(), sasl: sasl)
        let admin = try KafkaAdmin(KafkaConfiguration(brokers: ["k:1"], security: security))
        await admin.close()
    }

    @Test func secretsAreNeverShown() throws {
        let sasl = KafkaSASL(mechanism: .plain, username: "u", password: "hunter2")
        let tls = KafkaTLS(
            certificateLocation: "/a.pem", keyLocation: "/a.key", keyPassword: "hunter2")
        let configuration = KafkaConfiguration(
            brokers: ["k:1"], security: KafkaSecurity(tls: tls, sasl: sasl),
            properties: ["ssl.keystore.password": "hunter2"])
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(sasl, to: &dumped)
        dump(tls, to: &dumped)
        let shown = "\(configuration) \(String(reflecting: configuration)) \(sasl) \(tls) \(dumped)"
        #expect(!shown.contains("hunter2"))
    }

    @Test func groupIsChecked() throws {
        let sink = RecordingConsumerSink()
        let configuration = KafkaConfiguration(brokers: ["k:1"])
        for group in [
            KafkaGroup(id: ""), KafkaGroup(id: "g", maxBatch: 0),
            KafkaGroup(id: "g", drainTimeout: .seconds(300)),
        ] {
            let error = try #require(throws: RepriseError.self) {
                _ = try KafkaConsumer(configuration, group: group, sink: sink)
            }
            #expect(error.code == .kafkaConfiguration)
        }
    }

    @Test func absentBrokerIsSaidSoInTime() async throws {
        // A port that nothing listens on: the mock's, after it was closed.
        let cluster = try MockCluster()
        let configuration = cluster.configuration
        cluster.close()
        let admin = try KafkaAdmin(configuration, timeout: .seconds(2))
        let error = await #expect(throws: RepriseError.self) { try await admin.checkReachable() }
        #expect(error?.code == .kafkaUnreachable)
        #expect(error?.message.contains(configuration.brokers[0]) == true)
        await admin.close()
        let late = await #expect(throws: RepriseError.self) { try await admin.checkReachable() }
        #expect(late?.code == .shuttingDown)
    }
}
