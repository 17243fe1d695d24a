import CFloor
import Coordination
import Journal
import Model
import RepriseTestKit
import Transactions
import WAL

/// Transactions over resources in memory, beside the forced writes that the same disk does.
enum TransactionCommit {
    private static let fileBytes = 64 << 20

    static func run(_ options: Options, _ workspace: Workspace) async throws {
        try await twoPhases(options, workspace)
        try await overhead(options, workspace)
    }

    // MARK: Two phases

    private static func twoPhases(_ options: Options, _ workspace: Workspace) async throws {
        let directory = try workspace.fresh("transactions")
        let file = directory + "/floor"
        guard floor_prepare(file, fileBytes) == 0 else {
            throw BenchmarkFailure(description: "\(file) cannot be made")
        }
        let instant = [InstantResource("a"), InstantResource("b")]
        let memory = [MemoryResource("c"), MemoryResource("d")]
        let rig = try TransactionRig(directory + "/journal", instant + memory)
        var table = Table("Two-phase commit of two branches, transactions/s")
        var forced: [Double] = []
        for tasks in [1, 8, 64] {
            let seconds = options.seconds
            let values = try await interleaved(
                rounds: options.rounds,
                [
                    Subject(name: "instant") {
                        let before = rig.files.forcedWrites
                        let (rate, count) = try await calls(tasks: tasks, seconds: seconds) { _ in
                            try await rig.manager.run { transaction in
                                for resource in instant {
                                    _ = try await transaction.enlist(resource)
                                }
                            }
                        }
                        if tasks == 1 {
                            forced.append(Double(rig.files.forcedWrites - before) / Double(count))
                        }
                        return rate
                    },
                    Subject(name: "memory") {
                        try await calls(tasks: tasks, seconds: seconds) { task in
                            try await rig.manager.run { transaction in
                                for resource in memory {
                                    try await transaction.enlist(resource).write("\(task)", "x")
                                }
                            }
                        }.rate
                    },
                    Subject(name: "fdatasync") {
                        var latencies = [UInt32](repeating: 0, count: 1)
                        let result = floor_sync(file, fileBytes, 256, seconds, &latencies, 1)
                        return Double(result.operations) / result.seconds
                    },
                    Subject(name: "group commit") {
                        let result = floor_group(file, fileBytes, 256, Int32(tasks), seconds)
                        return Double(result.operations) / result.seconds
                    },
                ])
            table.add(
                "\(tasks) tasks, resources that only agree, beside fdatasync in a loop", values[0],
                floor: values[2], goal: tasks == 1 ? .ratioAtLeast(0.75) : .none)
            table.add(
                "  beside group commit in C of as many threads", values[0], floor: values[3],
                goal: tasks == 64 ? .atLeast(60_000) : .none)
            table.add(
                "  MemoryResource of the test kit, beside fdatasync", values[1], floor: values[2])
        }
        // Of the rounds that count.
        table.add(
            "forced writes per transaction, 1 task", Array(forced.dropFirst()), goal: .atMost(1.01))
        table.show()
        await rig.close()
    }

    // MARK: One phase and read-only

    private static func overhead(_ options: Options, _ workspace: Workspace) async throws {
        let (a, b) = (InstantResource("a"), InstantResource("b"))
        let rig = try TransactionRig(try workspace.fresh("overhead"), [a, b], segment: 8 << 20)
        try await rig.settle()
        let before = rig.files.forcedWrites
        let appended = rig.journal.log.appended
        let seconds = options.seconds
        func microseconds(_ body: @escaping @Sendable () async throws -> Void) -> Subject {
            Subject(name: "") {
                1e6 / (try await calls(tasks: 1, seconds: seconds) { _ in try await body() }).rate
            }
        }
        let xid = Xid(
            journal: 1, transaction: TransactionID(time: .zero, random: (1, 2)), number: 1)
        let values = try await interleaved(
            rounds: options.rounds,
            [
                microseconds {
                    try await rig.manager.run { _ = try await $0.enlist(a) }
                },
                microseconds {
                    try await a.begin(xid, readOnly: false).commitOnePhase(recordingOutcome: false)
                },
                microseconds {
                    try await rig.manager.run(readOnly: true) { transaction in
                        _ = try await transaction.enlist(a)
                        _ = try await transaction.enlist(b)
                    }
                },
                microseconds {
                    _ = try await a.begin(xid, readOnly: true).prepare()
                    _ = try await b.begin(xid, readOnly: true).prepare()
                },
                microseconds { try await rig.manager.run { _ in } },
            ])
        var table = Table("What the manager costs where nothing has to be written, µs")
        func over(_ with: Int, _ without: Int) -> [Double] {
            zip(values[with], values[without]).map { $0 - $1 }
        }
        table.add("one phase, over the direct calls", over(0, 1), unit: " µs", goal: .atMost(3))
        table.add(
            "read-only, two branches, over the direct calls", over(2, 3), unit: " µs",
            goal: .atMost(3))
        table.add("a transaction without branches", values[4], unit: " µs")
        table.add(
            "forced writes of all of them", Double(rig.files.forcedWrites - before),
            goal: .atMost(0))
        table.add(
            "records of all of them", Double(rig.journal.log.appended.rawValue - appended.rawValue),
            goal: .atMost(0))
        table.show()
        await rig.close()
    }
}
