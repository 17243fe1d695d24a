internal import ArgumentParser
internal import Logging
internal import RepriseDemo
internal import UnixSignals

/// `reprise demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run sign-ups and transfers while steps fail and processes are killed.",
        discussion: """
            Starts a broker, two services, a handler, a node, two workers and clients as processes \
            of their own. Then two processes transfer money between two databases of a PostgreSQL \
            server of the demo's own, or between two SQLite files where PostgreSQL is not \
            installed. Exit status 0 only if every user ended whole or not at all, nobody else's \
            was touched, no session was lost; and every transfer is in both databases or in none, \
            with one receipt and one outcome event if it was committed, and without if not.
            """)

    @Option(help: "What goes wrong follows from this number; the same one repeats a run's plan.")
    var seed: UInt64?
    @Option(help: "How many users sign up.")
    var signups = 1_000
    @Option(help: "How many transfers follow; 0 leaves them out.")
    var transfers = 3_000
    @Option(
        help: """
            Use this Kafka (host:port) instead of an embedded broker. The run makes topics of its \
            own there, reprise-demo-…, and leaves them.
            """)
    var brokers: String?
    @Option(help: "How partitions are shared among workers: range or cooperative-sticky.")
    var assignor: String?
    @Flag(help: "Keep the logs and data of the run.")
    var keep = false

    func validate() throws {
        guard (1...1_000_000).contains(signups) else {
            throw ValidationError("--signups is 1 to 1000000.")
        }
        guard (0...100_000).contains(transfers) else {
            throw ValidationError("--transfers is 0 to 100000.")
        }
        guard assignor.map({ ["range", "cooperative-sticky"].contains($0) }) ?? true else {
            throw ValidationError("--assignor is range or cooperative-sticky.")
        }
    }

    func run() async throws {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .critical
            return handler
        }
        var options = Demo.Options(seed: seed ?? .random(in: 1...999_999))
        options.signUps = signups
        options.transfers = transfers
        options.brokers = brokers
        options.assignor = assignor
        options.keeps = keep
        guard try await untilSignal({ [options] in try await Demo.run(options) }) else {
            throw ExitCode(1)
        }
    }

    /// ^C and SIGTERM cancel the run, which then ends its processes.
    private func untilSignal(_ body: @escaping @Sendable () async throws -> Bool) async throws
        -> Bool
    {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        return try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            let first = try await group.next()
            group.cancelAll()
            guard let held = first ?? nil else {
                _ = try? await group.next()
                throw ExitCode(130)
            }
            return held
        }
    }
}
