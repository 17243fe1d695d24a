import InMemoryTracing
import Journal
import Kafka
import Logging
@testable import Mirror
import Model
import Sessions
import TestSupport
import Testing
import Traces
import Tracing
import WAL

@Suite(.timeLimit(.minutes(10))) struct PublishSpansTests {
    private let recorder = TraceRecorder()

    private var counts: [String?] {
        recorder.finished.map {
            TraceRecorder.attributes(of: $0)["messaging.batch.message_count"]
        }
    }

    @Test func `a batch ends when all of it has arrived; what came meanwhile is the next one`() {
        var batches = PublishSpans(withTracer(recorder) { Spans.found }, topic: "sessions")
        batches.note(sent: 0, settled: 0)
        batches.note(sent: 10, settled: 0)
        batches.note(sent: 15, settled: 9)
        #expect(recorder.finished.isEmpty)
        batches.note(sent: 15, settled: 10)
        #expect(counts == ["10"])
        batches.note(sent: 15, settled: 15)
        #expect(counts == ["10", "5"])
        batches.end()
        #expect(counts.count == 2, "nothing was under way")
        #expect(recorder.finished.allSatisfy { $0.kind == .producer && $0.status == nil })
    }

    @Test func `a batch whose producer failed has the code, and the next one counts from 0`() {
        var batches = PublishSpans(withTracer(recorder) { Spans.found }, topic: "sessions")
        batches.note(sent: 10, settled: 3)
        batches.end(.kafkaFatal)
        batches.note(sent: 2, settled: 0)
        batches.note(sent: 2, settled: 2)
        #expect(counts == ["10", "2"])
        #expect(recorder.finished[0].status?.code == .error)
        #expect(
            TraceRecorder.attributes(of: recorder.finished[0]) == [
                "messaging.system": "kafka", "messaging.destination.name": "sessions",
                "messaging.batch.message_count": "10", "reprise.code": "kafkaFatal",
            ])
    }

    @Test func `a mirror counts every message of the journal in fewer spans`() async throws {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let cluster = try MockCluster()
        defer { cluster.close() }
        try cluster.createTopic("sessions", partitions: 1)
        var options = Journal.Options(
            node: "node", directory: "/journal", policies: [SessionTrace.kind: KindPolicy()])
        options.log.segmentBytes = 4 << 20
        options.isMirrored = true
        let journal = try Journal.open(options, files: SimulatedFileSystem(), logger: logger) { _ in
        }
        for number in 1...50 {
            _ = try await journal.open(
                SessionTrace.id(number), kind: SessionTrace.kind, record: [1], headers: [],
                lease: nil, partition: 0)
        }
        var mirrorOptions = Mirror.Options(kafka: cluster.configuration, topic: "sessions")
        mirrorOptions.window = 0
        let mirror = withTracer(recorder) {
            Mirror(journal: journal, options: mirrorOptions, logger: logger)
        }
        try mirror.start()
        mirror.begin()
        let last = journal.log.durable.rawValue
        try await eventually("Kafka has all", seconds: 100) { mirror.acknowledged >= last }
        mirror.stop()
        let sent = counts.compactMap { $0.flatMap { Int($0) } }.reduce(0, +)
        #expect(sent == Int(mirror.statistics.deliveredMessages))
        #expect(sent >= 50)
        #expect(counts.count < 50)
        journal.close()
    }
}
