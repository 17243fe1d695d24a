import Kafka
import Model
import Reprise
import RepriseTestKit
import TestSupport
import Testing

/// What downstream systems learn of transactions, and what waits for their outcome.
@Suite(.timeLimit(.minutes(10))) struct OutcomeTests {
    private struct Rig {
        let company: Company
        let node: Reprise
        let a: MemoryResource
        let b: MemoryResource

        init(
            _ cluster: MockCluster, topics: [String] = [],
            _ change: @escaping @Sendable (inout RepriseConfiguration) -> Void = { _ in }
        ) async throws {
            for topic in ["reprise.transactions"] + topics {
                try cluster.createTopic(topic, partitions: 2)
            }
            company = try Company(cluster) { configuration in
                configuration.kinds[Company.kind]?.lease = 600_000
                change(&configuration)
            }
            (a, b) = (MemoryResource("a"), MemoryResource("b"))
            node = try await Reprise.open(
                company.configuration("node"), resources: [a, b], logger: Company.logger)
        }

        func outcomes(_ count: Int) async throws -> [SeenMessage] {
            try await eventually("\(count) outcomes", seconds: 90) {
                try await company.messages("transactions").count >= count
            }
            return try await company.messages("transactions")
        }

        func transfer(_ work: @Sendable (Transaction) async throws -> Void) async throws {
            try await node.transactions.run { transaction in
                try await transaction.enlist(a).write("x", "1")
                try await transaction.enlist(b).write("y", "1")
                try await work(transaction)
            }
        }
    }

    private struct Failure: Error {}

    private static func text(_ message: SeenMessage, _ name: String) -> String? {
        message.headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `a commit and a rollback are told, each once, as CloudEvents`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let rig = try await Rig(cluster)
        let action = Probe<SessionID?>(nil)
        try await rig.transfer { transaction in
            try transaction.setHeaders([Header("traceparent", "00-1-2-01")])
            let id = try transaction.afterCommit(Company.kind, [9])
            action.update { $0 = id }
        }
        await #expect(throws: Failure.self) {
            try await rig.transfer { _ in throw Failure() }
        }
        let messages = try await rig.outcomes(2)
        #expect(messages.count == 2)
        let outcomes = try messages.map { try TransactionOutcome(decoding: $0.value ?? []) }
        let committed = try #require(outcomes.first { $0.result == .committed })
        #expect(committed.branches == ["a", "b"])
        #expect(committed.actions.map(\.session) == [action.read { $0 }])
        #expect(committed.actions.first?.record == [9])
        #expect(committed.node == "node")
        let rolledBack = try #require(outcomes.first { $0.result == .rolledBack })
        #expect(rolledBack.branches == ["a", "b"] && rolledBack.actions.isEmpty)
        for (message, outcome) in zip(messages, outcomes) {
            #expect(message.key == Array("\(outcome.transaction)".utf8))
            #expect(Self.text(message, "ce_specversion") == "1.0")
            #expect(Self.text(message, "ce_subject") == "\(outcome.transaction)")
            #expect(Self.text(message, "content-type") == "application/protobuf")
        }
        #expect(Set(messages.map { Self.text($0, "ce_id") }).count == 2)
        #expect(messages.contains { Self.text($0, "traceparent") == "00-1-2-01" })
        #expect(
            Set(messages.map { Self.text($0, "ce_type") }) == [
                "io.reprise.transaction.committed.v1", "io.reprise.transaction.rolled-back.v1",
            ])
        await rig.node.close()
    }

    @Test func `the outcome of a single branch is told as well`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let rig = try await Rig(cluster)
        let id = try await rig.node.transactions.run { transaction in
            try await transaction.enlist(rig.a).write("x", "1")
            return transaction.id
        }
        let message = try #require(try await rig.outcomes(1).first)
        let outcome = try TransactionOutcome(decoding: message.value ?? [])
        #expect(outcome.transaction == id)
        #expect(outcome.result == .committed && outcome.branches == ["a"])
        await rig.node.close()
    }

    @Test func `the session of a durable action reaches the group's topic`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let rig = try await Rig(cluster)
        let ids = Probe<[SessionID]>([])
        try await rig.transfer { transaction in
            for number in UInt8(1)...3 {
                let id = try transaction.afterCommit(Company.kind, [number])
                ids.update { $0.append(id) }
            }
        }
        try await eventually("all are there", seconds: 90) {
            let tables = try await rig.company.fold()
            let there = Set(tables.flatMap { $0.sessions.values.map(\.id) })
            return there == Set(ids.read { $0 })
        }
        await rig.node.close()
    }

    @Test func `a message of the outbox is sent if and only if the transaction commits`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let rig = try await Rig(cluster, topics: ["reprise.mail"]) {
            $0.topics.outcomes = .json
        }
        let message = OutboxMessage(
            topic: "reprise.mail", key: Array("ann".utf8), value: Array("welcome".utf8),
            headers: [Header("lang", "en")])
        await #expect(throws: Failure.self) {
            try await rig.transfer { transaction in
                try transaction.send(message)
                throw Failure()
            }
        }
        try await rig.transfer { try $0.send(message) }
        _ = try await rig.outcomes(2)
        try await eventually("the mail", seconds: 90) {
            try await rig.company.messages("mail").count == 1
        }
        let mail = try #require(try await rig.company.messages("mail").first)
        #expect(mail.key == message.key && mail.value == message.value)
        #expect(Self.text(mail, "lang") == "en")
        #expect(Self.text(mail, "reprise-dedup-id")?.isEmpty == false)
        let outcomes = try await rig.company.messages("transactions").map { message in
            String(decoding: message.value ?? [], as: UTF8.self)
        }
        #expect(outcomes.contains { $0.contains("\"outcome\":\"rolledBack\"") })
        await rig.node.close()
    }
}
