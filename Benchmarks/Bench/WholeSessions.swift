import Logging
import Model
import Reprise

/// Whole sessions (open with a record, append, complete: three forced writes) from 64 clients,
/// beside a table of sessions in PostgreSQL that takes three commits for each.
enum WholeSessions {
    static let kind = Kind(unchecked: "bench.session")
    private static let clients = 64

    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let directory = try workspace.fresh("sessions")
        let reprise = try await openNode(directory + "/journal")
        let postgres = try PostgresFloor(directory: directory + "/postgres", clients: clients)
        defer { postgres?.stop() }
        var appends: [Double] = []
        var subjects = [
            Subject(name: "sessions") {
                try await sessions(reprise, seconds: options.seconds)
            },
            Subject(name: "replace") {
                appends.append(try await replaces(reprise, seconds: options.seconds))
                return appends[appends.count - 1]
            },
        ]
        if let postgres {
            subjects.append(
                Subject(name: "postgres") { try postgres.run(seconds: max(1, options.seconds)) })
        }
        let values = try await interleaved(rounds: options.rounds, subjects)
        await reprise.close()
        var table = Table("Whole sessions, \(clients) clients, sessions/s")
        table.add(
            "open, append, complete beside PostgreSQL", values[0],
            floor: postgres == nil ? nil : values[2], goal: .atLeast(80_000))
        if postgres != nil {
            table.add(
                "  the same, as a ratio", values[0], floor: values[2], goal: .ratioAtLeast(10))
        } else {
            table.note("PostgreSQL: not installed, or no user to run it as")
        }
        table.add("writes to open sessions, 1/s", values[1])
        table.show()
    }

    static func openNode(_ directory: String) async throws -> Reprise {
        var policy = KindPolicy()
        policy.lease = 3_600_000
        let configuration = RepriseConfiguration(
            node: "bench", journal: JournalConfiguration(directory: directory),
            kinds: [kind: policy])
        return try await Reprise.open(configuration, logger: .quiet)
    }

    static func sessions(_ reprise: Reprise, seconds: Double) async throws -> Double {
        let record = [UInt8](repeating: 0x78, count: 256)
        let step = [UInt8](repeating: 0x79, count: 32)
        return try await together(seconds: seconds) { _ in
            let session = try await reprise.open(kind, record: record)
            try await session.append(step)
            try await session.complete()
        }
    }

    private static func replaces(_ reprise: Reprise, seconds: Double) async throws -> Double {
        let record = [UInt8](repeating: 0x78, count: 256)
        var open: [OpenSession] = []
        for _ in 0..<clients { open.append(try await reprise.open(kind, record: record)) }
        let sessions = open
        let rate = try await together(seconds: seconds) { client in
            try await sessions[client].replace(record)
        }
        for session in sessions { try await session.complete() }
        return rate
    }

    /// Calls `body` from every client again and again; gives calls a second.
    static func together(
        seconds: Double, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Double {
        let begin = monotonicSeconds()
        let end = begin + seconds
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<clients {
                group.addTask {
                    var count = 0
                    while monotonicSeconds() < end {
                        try await body(client)
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(total) / (monotonicSeconds() - begin)
    }
}

extension Logger {
    static var quiet: Logger {
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        return logger
    }
}
