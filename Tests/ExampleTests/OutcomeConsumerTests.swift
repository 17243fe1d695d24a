import Foundation
import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// What other teams run: the consumers of outcomes in Swift and in Python, as they stand in Examples/.
@Suite(.timeLimit(.minutes(5)), .serialized) struct OutcomeConsumerTests {
    private func start(
        _ language: String, group: String, _ downstream: Downstream
    ) async throws -> Program {
        let environment = [
            "REPRISE_BROKERS": downstream.kafka.brokers.joined(separator: ","),
            "REPRISE_PREFIX": downstream.prefix,
            "REPRISE_GROUP": "\(downstream.prefix).\(language).\(group)",
            "REPRISE_LEDGER": "\(downstream.directory.path)/\(language).ledger",
        ]
        if language == "swift" {
            return try Program(
                "swift", ["\(Program.folder)/outcome-consumer"], environment: environment)
        }
        let code = ["REPRISE_GENERATED": try await Python.generated()]
        return try Python.program(
            "python", "Examples/python/outcomes.py",
            environment: environment.merging(code) { $1 })
    }

    @Test(arguments: ["swift", "python"])
    func `a consumer prints each outcome once, in whichever form and however often it comes`(
        language: String
    ) async throws {
        let downstream = try await Downstream()
        let protobuf = try await downstream.node(.protobuf)
        let json = try await downstream.node(.json)
        var expected: Set<String> = []
        for node in [protobuf, json] {
            expected.insert(try await node.transfer())
            expected.insert(try await node.transfer(commits: false))
        }
        let there = try await downstream.messages(4)
        #expect(there.count == 4)
        try await downstream.send(there)
        // Neither a tombstone nor what nobody can read stops a consumer.
        for var message in there {
            message.value = message.value.map { Array($0.dropLast()) }
            try await downstream.send([message])
            message.value = nil
            try await downstream.send([message])
        }
        let last = try await protobuf.transfer()
        expected.insert(last)

        let consumer = try await start(language, group: "1", downstream)
        try await consumer.wait("the last outcome") { $0.contains(last) }
        #expect(try await consumer.stop() == 0, "\(consumer.errors)")
        #expect(consumer.lines.sorted() == expected.sorted())

        // Another group reads everything again: the ledger knows what was printed.
        let later = try await json.transfer()
        let again = try await start(language, group: "2", downstream)
        try await again.wait("what is new") { $0.contains(later) }
        #expect(try await again.stop() == 0, "\(again.errors)")
        #expect(again.lines == [later])
        await protobuf.reprise.close()
        await json.reprise.close()
    }

    @Test func `what lies in the topics is what the AsyncAPI document says`() async throws {
        let downstream = try await Downstream()
        let protobuf = try await downstream.node(.protobuf)
        let json = try await downstream.node(.json)
        let completed = Probe<Set<SessionID>>([])
        let worker = try await RecoveryWorker.start(
            downstream.configuration(.protobuf),
            handlers: [
                Downstream.kind: ClosureHandler { session in
                    // Only what must be there: the transaction's context goes with its work.
                    guard session.headers == Downstream.headers else {
                        return .park(reason: "\(session.headers)")
                    }
                    if session.records == [[0]] { return .park(reason: "as asked") }
                    completed.update { _ = $0.insert(session.id) }
                    return .complete
                }
            ], logger: Downstream.logger)
        let parked = Probe<SessionID?>(nil)
        _ = try await protobuf.transfer { transaction in
            let id = try transaction.afterCommit(Downstream.kind, [0])
            parked.update { $0 = id }
        }
        _ = try await json.transfer { transaction in
            for number in UInt8(1)...20 { try transaction.afterCommit(Downstream.kind, [number]) }
        }
        _ = try await json.transfer(commits: false)
        _ = try await downstream.messages(3)
        let id = try #require(parked.read { $0 })
        let inspection = try GroupInspection(
            downstream.configuration(.protobuf), logger: Downstream.logger)
        try await completed.wait("all but one", seconds: 120) { $0.count == 20 }
        _ = try await downstream.messages(1, in: "dead-letters")
        try await eventually("one is left", seconds: 120, every: .milliseconds(250)) {
            try await inspection.sessions().map(\.id) == [id]
        }
        let session = try await inspection.session(id)
        #expect(session.headers == Downstream.headers)
        try await inspection.cancel(id, now: session.created + 1_000)
        await worker.close()
        await protobuf.reprise.close()
        await json.reprise.close()

        let checked = try await Python.run(
            "topics", "schemas/tests/topics.py",
            [downstream.kafka.brokers.joined(separator: ","), downstream.prefix])
        #expect(checked.exit == 0, "\(checked.errors)")
        let counts = try JSONDecoder().decode(
            [String: Int].self, from: Data((checked.lines.last ?? "{}").utf8))
        #expect(counts["outcomeProtobuf"] == 1 && counts["outcomeJSON"] == 2, "\(counts)")
        #expect(counts["event"] ?? 0 > 0, "\(counts)")
        #expect(counts["deadLetter"] ?? 0 > 0, "\(counts)")
        #expect(counts["deadLetterGone"] == 1, "\(counts)")
    }
}
