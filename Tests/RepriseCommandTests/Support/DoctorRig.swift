import Foundation
import Kafka
import Model
import Platform
import Reprise
import RepriseServer
import TestSupport

@testable import RepriseCommand

/// Surroundings in which nothing is wrong, until something is.
struct DoctorRig {
    let node: ServedNode
    let broker: TestBroker
    let prefix = TestBroker.unique("doctor")
    var settings: [String: String] = [:]
    var peers: [String] = []
    var instruments = Instruments.real
    /// Kept for as long as the examination goes on.
    private var held: [any FileLock] = []

    var directory: String { node.directory.path + "/own" }

    init(_ node: ServedNode) async throws {
        self.node = node
        broker = try await TestBroker.shared()
        settings = [
            "node": "doctor", "server.port": "1", "journal.directory": directory,
            "kafka.brokers": broker.configuration.brokers.joined(separator: ","),
            "topics.prefix": prefix, "topics.partitions": "3", "topics.replication": "1",
            "kinds.order.handler.url": node.url + "/recover",
        ]
        peers = [node.url]
        instruments.space = { _ in DiskSpace(freeBytes: 1 << 40) }
        instruments.flushes = { _ in [.milliseconds(1)] }
        instruments.brokerTimeout = .seconds(60)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    func examine() async throws -> Examination {
        defer { withExtendedLifetime(held) {} }
        let flags = settings.map { (key: $0.key, value: $0.value) }
        do throws(RepriseError) {
            let loaded = try Settings.load(file: nil, environment: [:], flags: flags)
            return await Doctor(settings: loaded, peers: peers, instruments: instruments).run()
        } catch {
            return Doctor.unreadable(error)
        }
    }

    // MARK: What can be wrong

    func makeTopics() async throws {
        let flags = settings.map { (key: $0.key, value: $0.value) }
        let loaded = try Settings.load(file: nil, environment: [:], flags: flags)
        _ = try await TopicSetup.run(loaded.reprise, creates: true, logger: ServedNode.logger)
    }

    /// The sessions topic as somebody made it by hand.
    func makeSessionsTopic(partitions: Int = 3, _ configuration: [String: String]) async throws {
        let admin = try KafkaAdmin(broker.configuration, timeout: .seconds(60))
        let kept = ["cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"]
        _ = try await admin.createTopic(
            KafkaNewTopic(
                "\(prefix).sessions", partitions: partitions, replication: 1,
                configuration: kept.merging(configuration) { $1 }))
        await admin.close()
    }

    mutating func lockJournal() throws {
        held.append(try RealFileSystem().lock(directory + "/LOCK"))
    }

    /// Gives its path.
    func writeFile(_ name: String, _ text: String, mode: Int) throws -> String {
        let path = node.directory.path + "/" + name
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }
}
