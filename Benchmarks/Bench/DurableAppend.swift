import CFloor
import Model
import Platform
import WAL

/// Durable appends of 256 bytes to the log, beside what plain C, SQLite and RocksDB do on the same
/// disk in the same rounds.
enum DurableAppend {
    static let payloadBytes = 256
    private static let fileBytes = 64 << 20

    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let directory = try workspace.fresh("append")
        let file = directory + "/floor"
        guard floor_prepare(file, fileBytes) == 0 else {
            throw BenchmarkFailure(description: "\(file) cannot be made")
        }
        let log = try Log.open(directory: directory + "/log")
        defer { log.close() }
        let retirement = try Retirement(log)
        defer { retirement.stop() }
        try await oneWriter(options, log, file: file, directory: directory)
        try await manyWriters(options, log, file: file, directory: directory)
    }

    // MARK: One writer

    private static func oneWriter(
        _ options: Options, _ log: Log, file: String, directory: String
    ) async throws {
        let sqlite = try SQLiteFloor(path: directory + "/sqlite")
        var ours: [Double] = []
        var floor: [Double] = []
        var floorTail: [Double] = []
        var oursTail: [Double] = []
        let values = try await interleaved(
            rounds: options.rounds,
            [
                Subject(name: "log") {
                    let (rate, latencies) = try await appendAlone(log, seconds: options.seconds)
                    ours.append(latencies.median)
                    oursTail.append(latencies.quantile(0.99))
                    return rate
                },
                Subject(name: "fdatasync") {
                    let (rate, latencies) = try syncAlone(file, seconds: options.seconds)
                    floor.append(latencies.median)
                    floorTail.append(latencies.quantile(0.99))
                    return rate
                },
                Subject(name: "sqlite") { try sqlite.run(seconds: options.seconds) },
            ])
        var table = Table("Durable append, 256 B, one writer")
        table.add(
            "appends/s beside pwrite + fdatasync", values[0], floor: values[1],
            goal: .ratioAtLeast(0.9))
        table.add(
            "p50 beside its p50", Array(ours.dropFirst()), unit: " µs",
            floor: Array(floor.dropFirst()), goal: .ratioAtMost(1.15))
        table.add(
            "p99 beside its p99", Array(oursTail.dropFirst()), unit: " µs",
            floor: Array(floorTail.dropFirst()))
        table.add("appends/s beside SQLite, WAL, FULL", values[0], floor: values[2])
        table.show()
    }

    /// Appends a second, and the microseconds of each.
    private static func appendAlone(
        _ log: Log, seconds: Double
    ) async throws -> (rate: Double, latencies: [Double]) {
        try await Task {
            var latencies: [Double] = []
            latencies.reserveCapacity(Int(seconds * 50_000))
            let begin = SystemTime().monotonicNanoseconds()
            let end = begin + UInt64(seconds * 1e9)
            var last = begin
            while last < end {
                try await log.waitDurable(try append(log))
                let now = SystemTime().monotonicNanoseconds()
                latencies.append(Double(now - last) / 1_000)
                last = now
            }
            return (Double(latencies.count) / (Double(last - begin) / 1e9), latencies)
        }.value
    }

    private static func syncAlone(
        _ file: String, seconds: Double
    ) throws -> (rate: Double, latencies: [Double]) {
        var latencies = [UInt32](repeating: 0, count: 1 << 18)
        let result = floor_sync(
            file, fileBytes, Int32(payloadBytes), seconds, &latencies, latencies.count)
        guard result.operations > 0 else {
            throw BenchmarkFailure(description: "\(file) cannot be written")
        }
        let count = min(result.operations, latencies.count)
        return (
            Double(result.operations) / result.seconds,
            latencies[..<count].map { Double($0) / 1_000 }
        )
    }

    // MARK: Many writers

    private static func manyWriters(
        _ options: Options, _ log: Log, file: String, directory: String
    ) async throws {
        var table = Table("Durable append, 256 B, many writers, appends/s")
        let goals: [Int: Table.Goal] = [64: .atLeast(250_000), 512: .atLeast(1_000_000)]
        let times: [Int: Double] = [64: 5, 512: 25]
        for writers in [8, 64, 512] {
            let rocks = RocksDBFloor(directory: directory + "/rocksdb", writers: writers)
            var subjects = [
                Subject(name: "log") {
                    try await appendTogether(log, writers: writers, seconds: options.seconds)
                },
                Subject(name: "c") {
                    let result = floor_group(
                        file, fileBytes, Int32(payloadBytes), Int32(writers), options.seconds)
                    guard result.operations > 0 else {
                        throw BenchmarkFailure(description: "\(file) cannot be written")
                    }
                    return Double(result.operations) / result.seconds
                },
            ]
            if let rocks {
                subjects.append(
                    Subject(name: "rocksdb") { try rocks.run(seconds: options.seconds) })
            }
            let values = try await interleaved(rounds: options.rounds, subjects)
            table.add(
                "\(writers) writers beside group commit in C", values[0], floor: values[1],
                goal: goals[writers] ?? .none)
            if rocks != nil {
                table.add(
                    "\(writers) writers beside RocksDB, sync", values[0], floor: values[2],
                    goal: times[writers].map { .ratioAtLeast($0) } ?? .none)
            }
        }
        if find("db_bench") == nil { table.note("RocksDB: not installed (rocksdb-tools)") }
        table.show()
    }

    private static func appendTogether(
        _ log: Log, writers: Int, seconds: Double
    ) async throws -> Double {
        let begin = SystemTime().monotonicNanoseconds()
        let end = begin + UInt64(seconds * 1e9)
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<writers {
                group.addTask {
                    var count = 0
                    while SystemTime().monotonicNanoseconds() < end {
                        try await log.waitDurable(try append(log))
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(total) / (Double(SystemTime().monotonicNanoseconds() - begin) / 1e9)
    }

    private static func append(_ log: Log) throws(RepriseError) -> LSN {
        try log.append(kind: 1, size: payloadBytes) { bytes in
            _ = bytes.initializeMemory(as: UInt8.self, repeating: 0x78)
        }
    }
}

/// Lets finished segments go, as a journal does.
final class Retirement: Sendable {
    private let log: Log
    private let signal = Signal()
    private let thread: NamedThread

    init(_ log: Log) throws {
        self.log = log
        let ended = signal
        thread = try NamedThread("retire") {
            while ended.count == 0 {
                log.retire(before: log.durable)
                ended.wait(whileCountIs: 0, nanoseconds: 100_000_000)
            }
        }
    }

    func stop() {
        signal.notify()
        thread.join()
    }
}
