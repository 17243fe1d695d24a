import Foundation
import Model

@testable import RepriseCommand

/// What people get wrong.
enum Mistake: String, CaseIterable, Sendable {
    case badSetting, fileForADirectory, fullDisk, smallDisk, slowDisk, journalInMemory
    case twoProcessesOnOneDirectory, portTaken
    case wrongBroker, topicMissing, tooFewPartitions, compactedTopic, shortRetention
    case boundedTopic, smallMessages
    case handlerRefused, nobodyHandles, clockAhead, clockBehind, peerIsAway, twoOfOneName
    case readableToken, readableSecret, unusableCertificate

    func plant(in rig: inout DoctorRig) async throws {
        switch self {
        case .badSetting: rig.settings["topics.partitions"] = "some"
        case .fileForADirectory:
            rig.settings["journal.directory"] =
                try rig.writeFile("file", "", mode: 0o600) + "/journal"
        case .fullDisk: rig.instruments.space = { _ in DiskSpace(freeBytes: 100 << 20) }
        case .smallDisk: rig.instruments.space = { _ in DiskSpace(freeBytes: 1 << 30) }
        case .slowDisk: rig.instruments.flushes = { _ in [.milliseconds(80)] }
        case .journalInMemory:
            rig.instruments.space = { _ in DiskSpace(freeBytes: 1 << 40, isMemory: true) }
        case .twoProcessesOnOneDirectory: try rig.lockJournal()
        case .portTaken:
            rig.settings["server.port"] = rig.node.url.split(separator: ":").last.map(String.init)
        case .wrongBroker:
            rig.settings["kafka.brokers"] = "127.0.0.1:1"
            rig.instruments.brokerTimeout = .seconds(5)
        case .topicMissing: rig.settings["topics.creates"] = "false"
        case .tooFewPartitions: try await rig.makeSessionsTopic(partitions: 2, [:])
        case .compactedTopic: try await rig.makeSessionsTopic(["cleanup.policy": "compact"])
        case .shortRetention: try await rig.makeSessionsTopic(["retention.ms": "60000"])
        case .boundedTopic: try await rig.makeSessionsTopic(["retention.bytes": "1000000"])
        case .smallMessages: try await rig.makeSessionsTopic(["max.message.bytes": "10000"])
        case .handlerRefused: rig.settings["kinds.order.handler.url"] = "http://127.0.0.1:1/"
        case .nobodyHandles:
            rig.settings["kinds.order.handler.url"] = nil
            rig.settings["kinds.order.lease"] = "30s"
            rig.settings["kafka.brokers"] = nil
        case .clockAhead: rig.shiftClock(3_600_000)
        case .clockBehind: rig.shiftClock(-3_600_000)
        case .peerIsAway: rig.peers.append("http://127.0.0.1:1")
        case .twoOfOneName: rig.settings["node"] = "node-1"
        case .unusableCertificate:
            rig.settings["server.tls.certificateFile"] =
                try rig.writeFile("certificate", "none", mode: 0o644)
            rig.settings["server.tls.keyFile"] = try rig.writeFile("key", "none", mode: 0o600)
        case .readableToken:
            rig.settings["server.tokenFile"] = try rig.writeFile(
                "token", "0123456789abcdef0123456789abcdef", mode: 0o644)
        case .readableSecret:
            rig.settings["outgoing.signingSecretFile"] = try rig.writeFile(
                "secret", String(repeating: "0123456789abcdef", count: 4), mode: 0o604)
        }
    }

    var code: ErrorCode {
        switch self {
        case .badSetting, .portTaken, .twoOfOneName, .unusableCertificate: .configuration
        case .fileForADirectory: .journalIO
        case .fullDisk, .smallDisk: .diskFull
        case .slowDisk, .journalInMemory: .diskSlow
        case .twoProcessesOnOneDirectory: .journalLocked
        case .wrongBroker: .kafkaUnreachable
        case .topicMissing: .topicMissing
        case .tooFewPartitions: .topicPartitions
        case .compactedTopic, .shortRetention, .boundedTopic, .smallMessages: .topicPolicy
        case .handlerRefused, .peerIsAway: .handlerUnavailable
        case .nobodyHandles: .handlerMissing
        case .clockAhead, .clockBehind: .clockSkew
        case .readableToken, .readableSecret: .secretReadable
        }
    }

    /// What the cure must name.
    var cure: String {
        switch self {
        case .badSetting: "reprise config reference"
        case .fileForADirectory: "journal.directory"
        case .fullDisk: "Free some space"
        case .smallDisk: "journal.maxBytes"
        case .slowDisk: "local SSD"
        case .journalInMemory: "Put journal.directory on a disk"
        case .twoProcessesOnOneDirectory: "fuser"
        case .portTaken: "server.port"
        case .wrongBroker: "kafka.brokers"
        case .topicMissing: "reprise topics create"
        case .tooFewPartitions: "--partitions 3"
        case .compactedTopic: "cleanup.policy=delete"
        case .shortRetention: "retention.ms=-1"
        case .boundedTopic: "retention.bytes=-1"
        case .smallMessages: "max.message.bytes="
        case .handlerRefused, .nobodyHandles: "kinds.order.handler.url"
        case .clockAhead, .clockBehind: "timedatectl"
        case .peerIsAway: "--peer"
        case .unusableCertificate: "server.tls.keyFile"
        case .twoOfOneName: "a name of its own"
        case .readableToken, .readableSecret: "chmod 600"
        }
    }

    /// How many times it is found: one topic is one, no topics are three.
    var count: Int { self == .topicMissing ? 3 : 1 }
}

extension DoctorRig {
    mutating func shiftClock(_ milliseconds: Int64) {
        let clock = Instruments.real.clock
        instruments.clock = { clock() + milliseconds }
    }
}
