import Foundation

/// The benchmarks by name, in the order in which they run.
enum Benchmarks {
    static let names = all.map(\.name)

    private static let all:
        [(name: String, run: @Sendable (Options, Workspace) async throws -> Void)] =
            [
                ("append", DurableAppend.run),
                ("sessions", WholeSessions.run),
                ("transactions", TransactionCommit.run),
                ("postgres", PostgresTransactions.run),
                ("in-doubt", InDoubt.run),
                ("outcome", OutcomeLatency.run),
                ("mirror", MirrorBenchmark.run),
                ("lateness", Lateness.run),
                ("due", DueAtOnce.run),
                ("replay", Replay.run),
                ("bytes", BytesPerEvent.run),
                ("micro", Micro.run),
            ]

    static func run(_ options: Options) async throws {
        let workspace = try Workspace(under: options.directory)
        defer { workspace.remove() }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        print(
            "\(cores) cores, load \(load()); \(options.rounds) rounds of \(options.seconds) s after "
                + "a warm-up; files under \(options.directory)")
        fflush(nil)
        for (name, run) in all where options.names.isEmpty || options.names.contains(name) {
            try await run(options, workspace)
        }
        print("\nload at the end: \(load())")
    }

    private static func load() -> String {
        var averages = [0.0, 0.0, 0.0]
        guard getloadavg(&averages, 3) == 3 else { return "unknown" }
        return Table.text(averages[0])
    }
}
