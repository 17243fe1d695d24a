import Glibc
import Logging
import Model
import Platform
import Recovery
import Reprise
import Sessions
import Synchronization

/// How late a due session reaches its handler, at 10,000 due sessions a second, standalone.
enum Lateness {
    private static let perMillisecond = 10

    static func run(_ options: Options, _ workspace: Workspace) async throws {
        var table = Table("Due → handler, 10k due/s, standalone, ms")
        var medians: [Double] = []
        var tails: [Double] = []
        var firsts: [Double] = []
        for round in 0...(options.isQuick ? 1 : options.rounds) {
            let late = try await measure(
                milliseconds: options.isQuick ? 2_000 : 3_000,
                directory: try workspace.fresh("lateness"))
            guard round > 0 else { continue }
            medians.append(late.median)
            tails.append(late.quantile(0.99))
            firsts.append(late.min() ?? .nan)
        }
        table.add("p50", medians, unit: " ms", goal: .atMost(2))
        table.add("p99", tails, unit: " ms", goal: .atMost(20))
        table.add("the least (never early: ≥ 0)", firsts, unit: " ms", goal: .atLeast(0))
        table.show()
    }

    private static func measure(
        milliseconds: Int, directory: String
    ) async throws -> [Double] {
        let count = milliseconds * perMillisecond
        let starts = StartTimes(count)
        let reprise = try await openStandalone(directory, starts)
        // Far enough that all are open by then.
        let first = SystemTime().now() + 1_000 + Milliseconds(count / 20)
        let dues = try await withThrowingTaskGroup(of: [(Int, Timestamp)].self) { group in
            for client in 0..<64 {
                group.addTask {
                    var dues: [(Int, Timestamp)] = []
                    for index in stride(from: client, to: count, by: 64) {
                        let due = first + Milliseconds(index / perMillisecond)
                        let opened = try await reprise.sessions.open(
                            kind: WholeSessions.kind, record: StartTimes.record(index),
                            lease: due - SystemTime().now())
                        dues.append((index, opened.session.due ?? due))
                    }
                    return dues
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await starts.waitForAll()
        await reprise.close()
        return dues.map { index, due in
            Double(starts.microseconds(index) - due.milliseconds * 1_000) / 1_000
        }
    }

    static func openStandalone(_ directory: String, _ starts: StartTimes) async throws -> Reprise {
        var policy = KindPolicy()
        policy.concurrency = 10_000
        policy.lease = 3_600_000
        let configuration = RepriseConfiguration(
            node: "bench", journal: JournalConfiguration(directory: directory),
            kinds: [WholeSessions.kind: policy])
        return try await Reprise.open(
            configuration, handlers: [WholeSessions.kind: NoOperation(starts: starts)],
            logger: .quiet)
    }
}

/// Notes when it was called, and is done.
struct NoOperation: RecoveryHandler {
    let starts: StartTimes

    func recover(_ session: RecoverySession) async throws -> HandlerOutcome {
        starts.note(session.records)
        return .complete
    }
}

/// When each handler was called first; the session's record holds its index.
final class StartTimes: Sendable {
    private let times: Mutex<[Int64]>
    private let left: Atomic<Int>
    private let isOver = Signal()

    init(_ count: Int) {
        times = Mutex([Int64](repeating: 0, count: count))
        left = Atomic(count)
    }

    static func record(_ index: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt64(index).littleEndian) { Array($0) }
    }

    func note(_ records: [[UInt8]]) {
        guard let record = records.first, record.count >= 8 else { return }
        let index = record.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
        let now = StartTimes.wallMicroseconds()
        let isFirst = times.withLock { times in
            guard times[index] == 0 else { return false }
            times[index] = now
            return true
        }
        if isFirst, left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            isOver.notify()
        }
    }

    var remaining: Int { left.load(ordering: .acquiring) }

    /// Blocks a thread of its own, not one of the tasks'.
    func waitForAll(seconds: Double = 120) async throws {
        try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Void, any Error>) in
            do {
                _ = try NamedThread("bench-wait") { [self] in
                    let end = monotonicSeconds() + seconds
                    while remaining > 0, monotonicSeconds() < end {
                        isOver.wait(whileCountIs: 0, nanoseconds: 100_000_000)
                    }
                    if remaining == 0 {
                        continuation.resume()
                    } else {
                        continuation.resume(
                            throwing: BenchmarkFailure(
                                description: "\(remaining) sessions were not handed out"))
                    }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    func microseconds(_ index: Int) -> Int64 { times.withLock { $0[index] } }

    var first: Int64 { times.withLock { $0.min() ?? 0 } }
    var last: Int64 { times.withLock { $0.max() ?? 0 } }

    private static func wallMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
