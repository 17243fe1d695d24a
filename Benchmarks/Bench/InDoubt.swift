import Coordination
import Journal
import Model
import Transactions
import WAL

/// Starts on a journal with 10,000 transactions that were decided and not finished, as kill -9 leaves
/// them: until the first and the last branch is committed.
enum InDoubt {
    private static let count = 10_000

    static func run(_ options: Options, _ workspace: Workspace) async throws {
        var first: [Double] = []
        var last: [Double] = []
        // Also a warm-up, as everywhere.
        for round in 0...options.rounds {
            let directory = try workspace.fresh("in-doubt")
            try await prepare(directory)
            let (begin, end) = try await recover(directory)
            if round == 0 { continue }
            first.append(begin)
            last.append(end)
        }
        var table = Table("Start with \(count) decided transactions of two branches each, ms")
        table.add("the first branch is committed after", first, unit: " ms", goal: .atMost(200))
        table.add("the last one after", last, unit: " ms", goal: .atMost(2_000))
        table.show()
    }

    private static func prepare(_ directory: String) async throws {
        let rig = try TransactionRig(directory, [], segment: LogOptions().segmentBytes)
        var outline = Outline()
        outline.branches = [
            BranchReference(number: 1, resource: "a"), BranchReference(number: 2, resource: "b"),
        ]
        for index in 0..<count {
            let id = TransactionID(
                time: rig.journal.now(), random: (UInt64(index), .random(in: .min ... .max)))
            let record = TransactionRecord(
                .committed, id, time: rig.journal.now(), outline: outline)
            _ = try await rig.journal.writeLazily(record, use: .reserve)
        }
        rig.journal.log.flush()
        try await rig.journal.log.waitDurable(rig.journal.log.appended)
        await rig.close()
    }

    private static func recover(
        _ directory: String
    ) async throws -> (first: Double, last: Double) {
        let resources = [
            InstantResource("a", counts: true), InstantResource("b", counts: true),
        ]
        let begin = monotonicSeconds()
        let rig = try TransactionRig(directory, resources, segment: LogOptions().segmentBytes)
        rig.recovery.start()
        while !resources.allSatisfy({ $0.commits.count >= count }) {
            try await Task.sleep(for: .milliseconds(1))
            if monotonicSeconds() - begin > 60 {
                throw BenchmarkFailure(description: "transactions are still in doubt after 60 s")
            }
        }
        await rig.close()
        let seen = resources.map(\.commits)
        guard seen.allSatisfy({ $0.count == count }) else {
            throw BenchmarkFailure(description: "\(seen) commits instead of \(count) each")
        }
        let first = seen.map(\.first).min() ?? 0
        let last = seen.map(\.last).max() ?? 0
        return ((first - begin) * 1e3, (last - begin) * 1e3)
    }
}
