import Journal
import Model
import WAL

/// What an event costs on disk beyond the record that it carries.
enum BytesPerEvent {
    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let directory = try workspace.fresh("bytes")
        let log = try await writeSessions(directory)
        defer { log.close() }
        let reader = log.makeReader(from: LSN(1))
        var sums: [EventType: (events: Int, bytes: Int)] = [:]
        while try reader.next(
            maxBytes: 1 << 20,
            { _, kind, payload in
                guard kind == FrameKind.event.rawValue,
                    let event = try? Event(decoding: payload), let type = event.body.type
                else { return true }
                var sum = sums[type] ?? (0, 0)
                sum.events += 1
                sum.bytes += Format.frameHeaderBytes + payload.count - event.recordBytes
                sums[type] = sum
                return true
            }) > 0
        {}
        sums[.owner] = nil
        var table = Table("Bytes on disk per event beyond its record (frame and fields)")
        for (type, sum) in sums.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            table.add(
                "\(type)", Double(sum.bytes) / Double(sum.events), unit: " B", goal: .atMost(48))
        }
        let all = sums.values.reduce((0, 0)) { ($0.0 + $1.events, $0.1 + $1.bytes) }
        table.add(
            "mean over a session's events", Double(all.1) / Double(all.0), unit: " B",
            goal: .atMost(48))
        table.note("opened holds the kind's name too, here \(WholeSessions.kind.name.utf8.count) B")
        table.show()
    }

    /// Opened, appended, closed or completed, as a service does it.
    private static func writeSessions(_ directory: String) async throws -> Log {
        let options = Journal.Options(
            node: "bench", directory: directory, policies: [WholeSessions.kind: KindPolicy()])
        let journal = try Journal.open(options, logger: .quiet) { _ in }
        let record = [UInt8](repeating: 0x78, count: 256)
        for index in 0..<100 {
            let id = SessionID(
                time: journal.now(), random: (.random(in: .min ... .max), UInt64(index) << 40))
            _ = try await journal.open(
                id, kind: WholeSessions.kind, record: record, headers: [], lease: nil,
                partition: UInt32(index % 12))
            _ = try await journal.append(id, record: record, token: .none)
            if index % 10 == 0 {
                _ = try await journal.close(id, after: nil)
            } else {
                _ = try await journal.complete(id, token: .none)
            }
        }
        return journal.log
    }
}

extension Event {
    var recordBytes: Int {
        switch body {
        case .opened(let opening): opening.record?.count ?? 0
        case .appended(let write), .replaced(let write): write.record.count
        default: 0
        }
    }
}
