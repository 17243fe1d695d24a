import Model
import Platform
import Sessions

/// The machines alone, one thread, nanoseconds an operation.
enum Micro {
    private static let sessions = 20_000

    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let queued = options.isQuick ? 200_000 : 1_000_000
        let events = makeEvents()
        let encoded = events.map(\.encoded)
        let names = [
            "encode an event", "decode an event", "fold an event (open, append, complete)",
            "due queue: insert, near", "due queue: pop", "due queue: insert, far",
            "checksum 1 MiB, GB/s",
        ]
        var queue = DueQueue()
        let values = try await interleaved(
            rounds: options.rounds,
            [
                Subject(name: names[0]) { encode(events) },
                Subject(name: names[1]) { try decode(encoded) },
                Subject(name: names[2]) { fold(events) },
                Subject(name: names[3]) { insert(queued, span: 60_000, into: &queue) },
                Subject(name: names[4]) { drain(&queue) },
                Subject(name: names[5]) {
                    var far = DueQueue()
                    return insert(queued, span: 30 * 86_400_000, into: &far)
                },
                Subject(name: names[6]) { checksum() },
            ])
        var table = Table("Machines alone, one thread, \(Table.text(Double(queued))) due entries")
        for (name, values) in zip(names, values) {
            table.add(name, values, unit: name.hasSuffix("s") ? "" : " ns")
        }
        table.show()
    }

    private static func makeEvents() -> [Event] {
        var events: [Event] = []
        let now = SystemTime().now()
        let record = [UInt8](repeating: 0x78, count: 256)
        for index in 0..<sessions {
            let id = SessionID(
                time: now, random: (.random(in: .min ... .max), UInt64(index) << 32))
            let bodies: [Event.Body] = [
                .opened(
                    Event.Opening(
                        kind: WholeSessions.kind, record: record, headers: [],
                        lease: now + 30_000, time: now)),
                .appended(Event.Write(record: record, until: now + 30_000)),
                .completed(token: .none),
            ]
            for (step, body) in bodies.enumerated() {
                events.append(Event(session: id, sequence: UInt64(step + 1), body: body))
            }
        }
        return events
    }

    private static func nanoseconds(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
        let begin = SystemTime().monotonicNanoseconds()
        try body()
        return Double(SystemTime().monotonicNanoseconds() - begin) / Double(count)
    }

    private static func encode(_ events: [Event]) -> Double {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 12, alignment: 16)
        defer { buffer.deallocate() }
        return nanoseconds(events.count) {
            for event in events {
                let size = event.encodedSize
                event.encode(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]))
            }
        }
    }

    private static func decode(_ encoded: [[UInt8]]) throws -> Double {
        try nanoseconds(encoded.count) {
            for bytes in encoded { _ = try Event(decoding: bytes) }
        }
    }

    private static func fold(_ events: [Event]) -> Double {
        var table = SessionTable()
        return nanoseconds(events.count) {
            for (index, event) in events.enumerated() {
                table.apply(
                    event, at: Position(sequence: UInt64(index + 1), index: 0),
                    from: Origin(writer: table.owner))
            }
        }
    }

    private static func insert(
        _ count: Int, span: UInt64, into queue: inout DueQueue
    ) -> Double {
        let now = SystemTime().now()
        // The queue's near part begins where it was last asked.
        _ = queue.pop(due: span < 100_000 ? now + 120_000 : now)
        var random = UInt64(42)
        return nanoseconds(count) {
            for index in 0..<count {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                queue.insert(
                    DueQueue.Entry(
                        due: now + Milliseconds((random >> 16) % span), order: UInt64(index),
                        session: SessionID(high: random, low: UInt64(index))))
            }
        }
    }

    private static func drain(_ queue: inout DueQueue) -> Double {
        let count = queue.count
        let late = SystemTime().now() + 3_600_000
        return nanoseconds(count) {
            while queue.pop(due: late) != nil {}
        }
    }

    private static func checksum() -> Double {
        let bytes = [UInt8](repeating: 0x5a, count: 1 << 20)
        var sum: UInt32 = 0
        let each = nanoseconds(64 << 20) {
            for _ in 0..<64 { sum = bytes.withUnsafeBytes { crc32c($0, continuing: sum) } }
        }
        return sum == 1 ? 0 : 1 / each
    }
}
