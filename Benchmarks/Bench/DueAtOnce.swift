import Logging
import Model
import Platform
import Reprise
import WAL

/// Half a million sessions that are due in the same millisecond, and a handler that does nothing.
enum DueAtOnce {
    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let count = options.isQuick ? 100_000 : 500_000
        var handed: [Double] = []
        var done: [Double] = []
        for round in 0...(options.isQuick ? 1 : 5) {
            let (start, end) = try await measure(count, try workspace.fresh("due"))
            guard round > 0 else { continue }
            handed.append(start)
            done.append(end)
        }
        let scale = Double(count) / 500_000
        var table = Table("\(Table.text(Double(count))) sessions due at once, standalone")
        table.add("all handed out after", handed, unit: " s", goal: .atMost(5 * scale))
        table.add("all completed, durably, after", done, unit: " s")
        table.add("handed out a second", handed.map { Double(count) / $0 })
        table.show()
    }

    private static func measure(
        _ count: Int, _ directory: String
    ) async throws -> (handed: Double, done: Double) {
        let starts = StartTimes(count)
        let reprise = try await Lateness.openStandalone(directory, starts)
        let clock = SystemTime()
        let due = clock.now() + 2_000 + Milliseconds(count / 20)
        try await open(count, reprise, due: due)
        guard clock.now() < due else {
            throw BenchmarkFailure(description: "the sessions were not open in time")
        }
        try await starts.waitForAll()
        let end = Double(starts.last) / 1e6
        while reprise.sessions.status().alive.total > 0 {
            try await Task.sleep(for: .milliseconds(1))
        }
        let over = Double(SystemTime().now().milliseconds) / 1e3
        await reprise.close()
        let begin = Double(due.milliseconds) / 1e3
        return (end - begin, over - begin)
    }

    /// All due within a millisecond or two: a lease counts from when the node reads its clock.
    private static func open(_ count: Int, _ reprise: Reprise, due: Timestamp) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<256 {
                group.addTask {
                    for index in stride(from: client, to: count, by: 256) {
                        _ = try await reprise.sessions.open(
                            kind: WholeSessions.kind, record: StartTimes.record(index),
                            lease: due - SystemTime().now())
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Sessions with their index as the record, all due at `due`, written to a bare journal.
    static func fill(
        _ count: Int, directory: String, due: Timestamp,
        recordBytes: Int = 8, write: (Event) throws -> LSN, wait: (LSN) throws -> Void
    ) throws {
        var last = LSN.zero
        let now = SystemTime().now()
        for index in 0..<count {
            var record = StartTimes.record(index)
            if record.count < recordBytes {
                record += [UInt8](repeating: 0x78, count: recordBytes - record.count)
            }
            let opening = Event.Opening(
                kind: WholeSessions.kind, record: record, headers: [], lease: due, time: now)
            let id = SessionID(
                time: now, random: (.random(in: .min ... .max), UInt64(index)))
            last = try write(Event(session: id, sequence: 1, body: .opened(opening)))
            if index % 4_096 == 0 { try wait(last) }
        }
        try wait(last)
    }
}
