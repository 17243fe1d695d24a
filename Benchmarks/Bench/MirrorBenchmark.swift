import Journal
import Kafka
import Logging
import Mirror
import Model
import Platform
import Reprise
import WAL

/// From the journal's tail to acknowledged by Kafka, beside a bare producer that is given the same
/// number of messages of the same size.
enum MirrorBenchmark {
    private static let partitions = 12
    private static let recordBytes = 256

    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let mock = options.brokers.isEmpty ? try MockCluster() : nil
        defer { mock?.close() }
        let kafka = mock?.configuration ?? KafkaConfiguration(brokers: options.brokers)
        let topics = TopicMaker(kafka: kafka, mock: mock)
        let count = options.isQuick ? 100_000 : 300_000
        let topic = try await topics.make(partitions: partitions)
        var size = recordBytes
        let values = try await interleaved(
            rounds: options.rounds,
            [
                Subject(name: "mirror") {
                    let directory = try workspace.fresh("mirror")
                    let result = try mirror(count, directory, kafka, topic)
                    size = result.bytes / count
                    return result.rate
                },
                Subject(name: "bare") {
                    try bare(count, size, kafka, topic, headers: false)
                },
                Subject(name: "with headers") {
                    try bare(count, size, kafka, topic, headers: true)
                },
            ])
        var table = Table(
            "Mirror, \(count) events of \(size) B from the journal's tail, messages/s"
                + (mock == nil ? "" : " (in-process mock: it shares the processors)"))
        table.add(
            "mirror beside a bare producer", values[0], floor: values[1], goal: .ratioAtLeast(0.5))
        table.add("mirror beside one with the same key and headers", values[0], floor: values[2])
        let (sessions, messages) = try await withinWindow(options, workspace, topics)
        table.add(
            "messages for \(Table.text(Double(sessions))) sessions completed within the window",
            Double(messages), goal: .atMost(0))
        table.show()
    }

    // MARK: The mirror

    private static func mirror(
        _ count: Int, _ directory: String, _ kafka: KafkaConfiguration, _ topic: String
    ) throws -> (rate: Double, bytes: Int) {
        let journal = try openJournal(directory)
        let bytes = try fill(journal, count)
        let options = Mirror.Options(kafka: kafka, topic: topic)
        let mirror = Mirror(journal: journal, options: options, logger: .quiet)
        try mirror.start()
        let last = journal.log.durable.rawValue
        let begin = monotonicSeconds()
        mirror.begin()
        // A look each tenth of a millisecond: nothing wakes a thread that waits for the mirror.
        let never = Signal()
        while mirror.acknowledged < last {
            never.wait(whileCountIs: 0, nanoseconds: 100_000)
            if monotonicSeconds() - begin > 120 {
                throw BenchmarkFailure(
                    description: "the mirror does not get on: \(String(describing: mirror.error))")
            }
        }
        let seconds = monotonicSeconds() - begin
        mirror.stop()
        journal.close()
        return (Double(count) / seconds, bytes)
    }

    private static func openJournal(_ directory: String) throws -> Journal {
        var options = Journal.Options(
            node: "bench", directory: directory, policies: [WholeSessions.kind: KindPolicy()])
        options.isMirrored = true
        return try Journal.open(options, logger: .quiet) { _ in }
    }

    /// Opens `count` sessions; gives the bytes of their events.
    private static func fill(_ journal: Journal, _ count: Int) throws -> Int {
        let record = [UInt8](repeating: 0x78, count: recordBytes)
        let lease = journal.now() + 3_600_000
        var bytes = 0
        var last = LSN.zero
        for index in 0..<count {
            let id = SessionID(
                time: journal.now(), random: (.random(in: .min ... .max), UInt64(index)))
            let opening = Event.Opening(
                kind: WholeSessions.kind, record: record, headers: [], lease: lease,
                time: journal.now())
            let event = Event(
                session: id, sequence: 1, partition: UInt32(index % partitions),
                body: .opened(opening))
            bytes += event.encodedSize
            last = try journal.write([event], use: .normal)
            if index % 4_096 == 0 { try journal.blockUntilDurable(last) }
        }
        try journal.blockUntilDurable(last)
        return bytes
    }

    // MARK: The bare producer

    private static func bare(
        _ count: Int, _ size: Int, _ kafka: KafkaConfiguration, _ topic: String, headers: Bool
    ) throws -> Double {
        let sink = CountingSink()
        let producer = try KafkaProducer(kafka, sink: sink)
        let handle = try producer.topic(topic)
        let value = [UInt8](repeating: 0x78, count: size)
        let key = [UInt8](repeating: 0x79, count: SessionID.textLength)
        let begin = monotonicSeconds()
        var sent = 0
        while sent < count {
            let seen = sink.signal.count
            var given = KafkaHeaders()
            if headers { fill(&given, sent) }
            let accepted = try value.withUnsafeBytes { value in
                try key.withUnsafeBytes { key in
                    try producer.produce(
                        topic: handle, partition: Int32(sent % partitions),
                        key: headers ? key : nil, value: value, headers: &given,
                        slot: UInt64(sent))
                }
            }
            if accepted == .accepted { sent += 1 } else { sink.signal.wait(whileCountIs: seen) }
        }
        while true {
            let seen = sink.signal.count
            if sink.delivered >= count { break }
            sink.signal.wait(whileCountIs: seen)
        }
        let seconds = monotonicSeconds() - begin
        producer.closeBlocking()
        return Double(count) / seconds
    }

    private static func fill(_ headers: inout KafkaHeaders, _ number: Int) {
        headers.append(WireHeader.type, "opened")
        headers.append(WireHeader.origin, "bench/0123456789abcdef/1/\(number)")
        headers.append(WireHeader.kind, WholeSessions.kind.name)
    }

    // MARK: What need not travel

    /// Sessions that were completed at once, and the messages that they made.
    private static func withinWindow(
        _ options: Options, _ workspace: Workspace, _ topics: TopicMaker
    ) async throws -> (sessions: Int, messages: Int) {
        let prefix = "window-\(UInt32.random(in: 0 ... .max))"
        try await topics.make("\(prefix).sessions", partitions: partitions)
        try await topics.make("\(prefix).dead-letters", partitions: 1)
        var policy = KindPolicy()
        policy.lease = 3_600_000
        var configuration = RepriseConfiguration(
            node: "bench",
            journal: JournalConfiguration(directory: try workspace.fresh("window")),
            kinds: [WholeSessions.kind: policy], kafka: topics.kafka)
        configuration.topics.prefix = prefix
        configuration.topics.checksPolicies = false
        // Longer than a busy machine takes for a session: the default is 50 ms.
        configuration.mirror.window = 2_000
        let reprise = try await Reprise.open(configuration, logger: .quiet)
        _ = try await WholeSessions.sessions(reprise, seconds: 2)
        let sessions = Int(reprise.sessions.status().totals.opened)
        await reprise.close()
        let admin = try KafkaAdmin(topics.kafka)
        let marks = try await admin.watermarks(
            of: (0..<Int32(partitions)).map {
                KafkaPartition(topic: "\(prefix).sessions", partition: $0)
            })
        await admin.close()
        return (sessions, Int(marks.values.reduce(0) { $0 + $1.high - $1.low }))
    }
}

/// Makes topics on either kind of broker.
struct TopicMaker {
    let kafka: KafkaConfiguration
    let mock: MockCluster?

    func make(partitions: Int) async throws -> String {
        let name = "bench-\(UInt32.random(in: 0 ... .max))"
        try await make(name, partitions: partitions)
        return name
    }

    func make(_ name: String, partitions: Int) async throws {
        if let mock { return try mock.createTopic(name, partitions: partitions) }
        let admin = try KafkaAdmin(kafka)
        _ = try await admin.createTopic(
            KafkaNewTopic(name, partitions: partitions, replication: -1, configuration: [:]))
        await admin.close()
    }
}
