import Glibc
import Journal
import Model
import PostgresSupport
import ReprisePostgres
import Synchronization
import TestSupport
import Testing
import Transactions
import WAL

/// The crash matrix over real processes and a real server, as a sample: both databases end equal, and
/// equal to the durable decision, and nothing is left prepared. TransactionsTests search it
/// exhaustively over simulated ones.
@Suite(.timeLimit(.minutes(5)), .serialized) struct KilledCoordinatorTests {
    /// Where the coordinator's process is killed.
    enum Point: String, Sendable, CaseIterable, Codable {
        case beforePrepare, betweenPrepares, afterPrepares
        case beforeTheDecision, decisionNotForced, decisionDurable
        case betweenCommits, beforeTheEnd, afterTheEnd

        var moment: DoomedFiles.Moment? {
            switch self {
            case .beforeTheDecision: .beforeWrite
            case .decisionNotForced: .afterWrite
            case .decisionDurable: .afterSync
            default: nil
            }
        }

        /// Nil where either may be.
        var commits: Bool? {
            switch self {
            case .beforePrepare, .betweenPrepares, .afterPrepares, .beforeTheDecision: false
            case .decisionNotForced: nil
            case .decisionDurable, .betweenCommits, .beforeTheEnd, .afterTheEnd: true
            }
        }
    }

    /// Counts calls, so that the second can be told from the first, and wait for it.
    private final class Calls: Sendable {
        let done = Probe<[WatchedVerb: Int]>([:])
        private let begun = Mutex<[WatchedVerb: Int]>([:])

        /// How many calls of this verb have come, this one included.
        func begin(_ verb: WatchedVerb) -> Int {
            begun.withLock { begun in
                begun[verb, default: 0] += 1
                return begun[verb] ?? 0
            }
        }

        func end(_ verb: WatchedVerb) -> Int {
            var count = 0
            done.update { done in
                done[verb, default: 0] += 1
                count = done[verb] ?? 0
            }
            return count
        }

        /// One call after the other, whatever the coordinator does.
        func inTurn(_ verb: WatchedVerb) async throws {
            guard begin(verb) == 2 else { return }
            try await done.wait("the first call", seconds: 120) { $0[verb] == 1 }
        }
    }

    private static func die() { kill(getpid(), SIGKILL) }

    /// A process that writes the key in a transaction, and dies at `point`.
    private static func live(
        _ connections: [String], _ directory: String, _ key: String, until point: Point
    ) async throws {
        let files = DoomedFiles(dyingAt: point.moment)
        let calls = Calls()
        let coordinator = try Coordinators(
            connections, journal: directory, files: files,
            before: { _, verb in
                if point == .beforePrepare, verb == .prepare { die() }
                try await calls.inTurn(verb)
                // The first is done, and the second has not begun.
                let isSecond = calls.done.read { $0[verb] == 1 }
                if point == .betweenPrepares, verb == .prepare, isSecond { die() }
                if point == .betweenCommits, verb == .commitPrepared, isSecond { die() }
            },
            after: { _, verb in
                let isLast = calls.end(verb) == 2
                if point == .afterPrepares, verb == .prepare, isLast { die() }
                if point == .beforeTheEnd, verb == .commitPrepared, isLast { die() }
            })
        try await coordinator.write(key) { files.watch($0) }
        coordinator.journal.log.flush()
        try await coordinator.journal.log.waitDurable(coordinator.journal.log.appended)
        if point == .afterTheEnd { die() }
    }

    @Test(arguments: Point.allCases)
    func `a coordinator that is killed leaves both databases equal, and as decided`(
        point: Point
    ) async throws {
        let server = try await PostgresServer.shared()
        let connections = PostgresServer.Database.allCases.map { server.connection($0) }
        let directory = try TestDirectory("coordinator")
        let key = freshKey()
        try await Self.killed(at: point, connections, directory.path, key)
        try await Self.inherit(point, connections, directory.path, key)
    }

    @Test(arguments: [Point.afterPrepares, .decisionDurable])
    func `the server is killed as well, before the coordinator is back`(
        point: Point
    ) async throws {
        let server = try await PostgresServer.launch()
        let connections = PostgresServer.Database.allCases.map { server.connection($0) }
        let directory = try TestDirectory("coordinator")
        let key = freshKey()
        try await Self.killed(at: point, connections, directory.path, key)
        try await server.kill()
        try await server.start()
        try await Self.inherit(point, connections, directory.path, key)
    }

    private static func killed(
        at point: Point, _ connections: [String], _ directory: String, _ key: String
    ) async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [
                point = point as Point, connections = connections as [String],
                directory = directory as String, key = key as String
            ] in
            try await KilledCoordinatorTests.live(connections, directory, key, until: point)
        }
    }

    /// Another process finds what is left, and finishes it.
    private static func inherit(
        _ point: Point, _ connections: [String], _ directory: String, _ key: String
    ) async throws {
        let heir = try Coordinators(connections, journal: directory)
        // What the log says is what must come of it.
        let isDecided = heir.journal.unfinishedTransactions.contains { $0.phase == .committing }
        try await heir.recover()
        let values = try await heir.values(key)
        let commits = point.commits ?? isDecided
        #expect(values == (commits ? ["new", "new"] : [nil, nil]))
        if point != .afterTheEnd { #expect(isDecided == commits) }
        await heir.close()
    }

    // MARK: The server

    @Test func `a server that is killed between prepare and commit commits when it is back`()
        async throws
    {
        let server = try await PostgresServer.launch()
        let connections = PostgresServer.Database.allCases.map { server.connection($0) }
        let directory = try TestDirectory("coordinator")
        let key = freshKey()
        let calls = Calls()
        let coordinator = try Coordinators(
            connections, journal: directory.path,
            after: { _, verb in
                // Before the last vote arrives: the decision finds nobody to tell it to.
                if verb == .prepare, calls.end(verb) == 2 { try await server.kill() }
            })
        try await coordinator.write(key)
        #expect(await coordinator.prepared() == nil)
        try await server.start()
        try await coordinator.recover()
        #expect(try await coordinator.values(key) == ["new", "new"])
        await coordinator.close()
    }

    @Test func `a server that is killed before the last vote rolls back when it is back`()
        async throws
    {
        let server = try await PostgresServer.launch()
        let connections = PostgresServer.Database.allCases.map { server.connection($0) }
        let directory = try TestDirectory("coordinator")
        let key = freshKey()
        let calls = Calls()
        let coordinator = try Coordinators(
            connections, journal: directory.path,
            before: { _, verb in
                try await calls.inTurn(verb)
                if verb == .prepare, calls.done.read({ $0[verb] == 1 }) { try await server.kill() }
            }, after: { _, verb in _ = calls.end(verb) })
        #expect(await repriseError { try await coordinator.write(key) } != nil)
        try await server.start()
        try await coordinator.recover()
        #expect(try await coordinator.values(key) == [nil, nil])
        await coordinator.close()
    }

    // MARK: Answers

    private struct AnswerLost: Error {}

    @Test(arguments: [WatchedVerb.prepare, .commitPrepared])
    func `an answer that is lost changes nothing`(verb: WatchedVerb) async throws {
        let server = try await PostgresServer.shared()
        let connections = PostgresServer.Database.allCases.map { server.connection($0) }
        let directory = try TestDirectory("coordinator")
        let key = freshKey()
        let calls = Calls()
        let coordinator = try Coordinators(
            connections, journal: directory.path,
            after: { _, called in
                if called == verb, calls.end(verb) == 1 { throw AnswerLost() }
            })
        let failure = await repriseError { try await coordinator.write(key) }
        // Without a vote there is no decision; after one there is no way back.
        #expect((failure == nil) == (verb == .commitPrepared))
        try await coordinator.recover()
        let expected = verb == .commitPrepared ? "new" : nil
        #expect(try await coordinator.values(key) == [expected, expected])
        await coordinator.close()
    }
}
