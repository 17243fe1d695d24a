import CAllocationCounter
import Journal
import Logging
import Model
import Platform
import WAL

/// What is counted: writes one after another, so that each waits for a wake-up of its own. What the
/// wake-up costs in the runtime is counted by itself.
enum AllocationCases {
    private static let writes = 2_000
    private static let kind = Kind(unchecked: "probe")

    static func measure(in directory: String) async throws -> [(name: String, mean: Double)] {
        let wakeUp = try await wakeUps()
        let log = try await logAppends(directory + "/log")
        let session = try await sessionWrites(directory + "/journal")
        return [("wake-up", wakeUp), ("log", log)] + session
    }

    /// Allocations of one call, over many, after as many to warm up. The least of a few runs: what
    /// comes on top of it (a buffer that grows, the keeper's work) is not the write's.
    private static func allocations(_ body: () async throws -> Void) async throws -> Double {
        var least = Double.infinity
        for run in 0..<4 {
            let before = reprise_allocation_count()
            for _ in 0..<writes { try await body() }
            let mean = Double(reprise_allocation_count() - before) / Double(writes)
            if run > 0 { least = min(least, mean) }
        }
        return least
    }

    /// A task that suspends and is resumed by another thread: the runtime's part of a durable write.
    private static func wakeUps() async throws -> Double {
        let waker = try Waker()
        defer { waker.stop() }
        return try await allocations { await waker.sleep() }
    }

    private static func logAppends(_ directory: String) async throws -> Double {
        let log = try Log.open(directory: directory, options: small())
        defer { log.close() }
        return try await allocations {
            let lsn = try log.append(kind: 1, size: 256) { bytes in
                _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
            }
            try await log.waitDurable(lsn)
        }
    }

    /// `replace` and `extend` of an open session; the record is made once, by the caller.
    private static func sessionWrites(
        _ directory: String
    ) async throws -> [(name: String, mean: Double)] {
        var options = Journal.Options(
            node: "probe", directory: directory, policies: [kind: KindPolicy()])
        options.log = small()
        var logger = Logger(label: "probe")
        logger.logLevel = .critical
        let journal = try Journal.open(options, logger: logger) { _ in }
        defer { journal.close() }
        let id = SessionID(high: 1, low: 1)
        let record = [UInt8](repeating: 0, count: 256)
        _ = try await journal.open(
            id, kind: kind, record: record, headers: [], lease: 3_600_000, partition: 0)
        let replace = try await allocations {
            _ = try await journal.replace(id, record: record, token: .none)
        }
        let extend = try await allocations {
            _ = try await journal.extend(id, by: nil, token: .none)
        }
        var next: UInt64 = 1
        let whole = try await allocations {
            next += 1
            let id = SessionID(high: next, low: 1)
            _ = try await journal.open(
                id, kind: kind, record: record, headers: [], lease: nil, partition: 0)
            _ = try await journal.append(id, record: record, token: .none)
            _ = try await journal.complete(id, token: .none)
        }
        return [("replace", replace), ("extend", extend), ("session", whole)]
    }

    private static func small() -> LogOptions {
        var options = LogOptions()
        options.segmentBytes = 16 << 20
        return options
    }
}
