import CFloor
import Foundation
import Journal
import Model
import Reprise
import WAL

/// Start-up with a million pending sessions: each start is a process of its own, so that its memory
/// is its own. Beside it, a C loop that reads the same files.
enum Replay {
    private static let recordBytes = 64

    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let count = options.isQuick ? 200_000 : 1_000_000
        let directory = try workspace.fresh("replay")
        try prepare(count, directory)
        var reports: [ReplayChild.Report] = []
        let rounds = options.isQuick ? 2 : 5
        let values = try await interleaved(
            rounds: rounds,
            [
                Subject(name: "start") {
                    let report = try child(directory)
                    reports.append(report)
                    return report.opened
                },
                Subject(name: "read") { try readAll(directory) },
            ])
        reports.removeFirst()
        let scale = Double(count) / 1e6
        var table = Table(
            "Start with \(Table.text(Double(count))) pending sessions of one \(recordBytes) B record"
        )
        table.add("replayed, and open for work, after", values[0], unit: " s", floor: values[1])
        table.add("first hand-out after", reports.map(\.handedOut), unit: " s")
        table.add("sessions replayed a second", values[0].map { Double(count) / $0 })
        table.add("memory", reports.map { $0.megabytes }, unit: " MB")
        table.add(
            "bytes of memory per session", reports.map { $0.megabytes / scale }, unit: " B")
        table.show()
    }

    /// All far away but one, which falls due at each start: its handler gives it back.
    private static func prepare(_ count: Int, _ directory: String) throws {
        var options = Journal.Options(
            node: "bench", directory: directory, policies: [WholeSessions.kind: KindPolicy()])
        options.limits.maxLease = 30 * 86_400_000
        let journal = try Journal.open(options, logger: .quiet) { _ in }
        let far = journal.now() + 86_400_000
        try DueAtOnce.fill(count - 1, directory: directory, due: far, recordBytes: recordBytes) {
            try journal.write([$0], use: .normal)
        } wait: {
            try journal.blockUntilDurable($0)
        }
        try DueAtOnce.fill(1, directory: directory, due: journal.now() + 1) {
            try journal.write([$0], use: .normal)
        } wait: {
            try journal.blockUntilDurable($0)
        }
        journal.close()
    }

    private static func child(_ directory: String) throws -> ReplayChild.Report {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let text = try output(of: program, [ReplayChild.flag, directory]) ?? ""
        guard let report = ReplayChild.Report(text) else {
            throw BenchmarkFailure(description: "the child printed no report: \(text.suffix(300))")
        }
        return report
    }

    private static func readAll(_ directory: String) throws -> Double {
        let begin = monotonicSeconds()
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            guard name.hasSuffix(".seg") else { continue }
            guard floor_read(directory + "/" + name) >= 0 else {
                throw BenchmarkFailure(description: "\(name) cannot be read")
            }
        }
        return monotonicSeconds() - begin
    }
}

/// The process that starts on the journal and tells how it went.
enum ReplayChild {
    static let flag = "--replay-child"

    struct Report {
        /// Seconds from the start of `open`.
        var opened: Double
        var handedOut: Double
        var megabytes: Double

        init?(_ text: String) {
            let words = text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
            guard words.count == 3 else { return nil }
            (opened, handedOut, megabytes) = (words[0], words[1], words[2])
        }
    }

    static func run(_ arguments: [String]) async throws {
        let starts = StartTimes(1)
        var policy = KindPolicy()
        policy.lease = 3_600_000
        let configuration = RepriseConfiguration(
            node: "bench", journal: JournalConfiguration(directory: arguments[0]),
            kinds: [WholeSessions.kind: policy])
        let begin = monotonicSeconds()
        let handler = ClosureHandler { session in
            starts.note(session.records)
            return .retry(after: 1)
        }
        let reprise = try await Reprise.open(
            configuration, handlers: [WholeSessions.kind: handler], logger: .quiet)
        let opened = monotonicSeconds() - begin
        try await starts.waitForAll()
        let handedOut = monotonicSeconds() - begin
        let memory = Double(floor_resident()) / 1e6
        print(opened, handedOut, memory)
        // The one that was handed out must be due at once in the next round.
        while reprise.sessions.status().alive.running > 0 {
            try await Task.sleep(for: .milliseconds(1))
        }
        // As a process that dies: the sessions stay open for the next round.
        fflush(nil)
        _exit(0)
    }
}
