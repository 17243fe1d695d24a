import Logging
import Model
import Reprise
import Sessions
import TestSupport
import Testing

/// SESSIONS.md, section 5, row by row, over the library with a journal on disk.
@Suite(.timeLimit(.minutes(10))) struct FailureTableTests {
    private static let kind = Kind(unchecked: "user.create")
    private static let nick = "ada"

    private struct LibraryLog: SignUpLog {
        let reprise: Reprise

        func open(_ id: SessionID, record: [UInt8]) async throws {
            _ = try await reprise.open(FailureTableTests.kind, id: id, record: record)
        }
        func append(_ id: SessionID, record: [UInt8]) async throws {
            try await reprise.sessions.append(id, record: record)
        }
        func complete(_ id: SessionID) async throws { try await reprise.sessions.complete(id) }
        func close(_ id: SessionID) async throws { try await reprise.sessions.close(id) }
    }

    private static func start(
        _ directory: TestDirectory, _ recovery: SignUpRecovery, maxAttempts: UInt32 = 16,
        lease: Milliseconds = 60_000, timeout: Milliseconds = 60_000
    ) async throws -> Reprise {
        var policy = KindPolicy()
        policy.lease = lease
        policy.handlerTimeout = timeout
        policy.breaker.failures = 0
        policy.retry.firstDelay = 5
        policy.retry.factor = 1
        policy.retry.jitter = 0
        policy.retry.maxAttempts = maxAttempts
        var journal = JournalConfiguration(directory: directory.path)
        journal.segmentBytes = 4 << 20
        let configuration = RepriseConfiguration(
            node: "node", journal: journal, kinds: [kind: policy])
        let handler = ClosureHandler { session in
            try await recovery.recover(
                id: session.id, attempt: session.attempt, records: session.records)
        }
        return try await Reprise.open(
            configuration, handlers: [kind: handler],
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Waits until no session is left, and checks the sums.
    private static func settle(_ reprise: Reprise) async throws {
        try await eventually("no session is left", seconds: 60) {
            let alive = reprise.sessions.status().alive
            return alive.open + alive.waiting + alive.running == 0
        }
        #expect(reprise.sessions.status().conservationDifference == 0)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var step: ClientStep
        var point: FailurePoint
        var end: World.End
        var testDescription: String { "\(step) \(point)" }
    }

    static let rows: [Row] = ClientStep.allCases.flatMap { step in
        FailurePoint.allCases.map { point in
            let keeps =
                switch (step, point) {
                case (.m7, .after), (.m7, .clientKilled), (.m9, _): true
                default: false
                }
            return Row(step: step, point: point, end: keeps ? .keep : .clean)
        }
    }

    @Test(arguments: rows)
    func `a client that fails at a step ends as the table says`(row: Row) async throws {
        let directory = try TestDirectory("table")
        let world = World()
        let recovery = SignUpRecovery(world)
        // Nobody closes the session of a killed client.
        let reprise = try await Self.start(
            directory, recovery, lease: row.point == .clientKilled ? 4_000 : 60_000)
        let id = SessionTrace.id(1)
        await SignUpClient(
            world: world, log: LibraryLog(reprise: reprise), id: id, nick: Self.nick,
            failing: (row.step, row.point)
        ).run()
        try await Self.settle(reprise)
        #expect(world.end(nick: Self.nick, key: "\(id)") == row.end)
        let isUntouched =
            switch (row.step, row.point) {
            case (.m1, .before), (.m9, .after), (.m9, .clientKilled): true
            default: false
            }
        #expect(recovery.attempts.read { $0.count } == (isUntouched ? 0 : 1))
        await reprise.close()
    }

    @Test func `without a failure the user is kept and nothing is recovered`() async throws {
        let directory = try TestDirectory("table")
        let world = World()
        let recovery = SignUpRecovery(world)
        let reprise = try await Self.start(directory, recovery)
        let id = SessionTrace.id(1)
        await SignUpClient(
            world: world, log: LibraryLog(reprise: reprise), id: id, nick: Self.nick
        ).run()
        try await Self.settle(reprise)
        #expect(world.end(nick: Self.nick, key: "\(id)") == .keep)
        #expect(recovery.attempts.read { $0.isEmpty })
        await reprise.close()
    }

    @Test(arguments: [true, false])
    func `a nick that belongs to somebody else: theirs is untouched`(isActive: Bool) async throws {
        let directory = try TestDirectory("table")
        let world = World()
        let theirs = try world.createUser(
            nick: Self.nick, key: "somebody else", isActive: isActive)
        let before = world.users
        let recovery = SignUpRecovery(world)
        let reprise = try await Self.start(directory, recovery)
        await SignUpClient(
            world: world, log: LibraryLog(reprise: reprise), id: SessionTrace.id(1),
            nick: Self.nick
        ).run()
        try await Self.settle(reprise)
        #expect(world.users == before)
        #expect(world.users[theirs] != nil)
        #expect(recovery.attempts.read { $0 } == [1])
        await reprise.close()
    }

    // MARK: The handler fails

    static let handlerRows: [SignUpRecovery.Failing] = HandlerStep.allCases.flatMap { step in
        SignUpRecovery.Way.allCases.map {
            SignUpRecovery.Failing(step: step, way: $0, times: $0 == .hangsAfter ? 1 : 3)
        }
    }

    @Test(arguments: handlerRows)
    func `a handler that fails at a step ends CLEAN on a later attempt`(
        failing: SignUpRecovery.Failing
    ) async throws {
        let directory = try TestDirectory("table")
        let world = World()
        let recovery = SignUpRecovery(world, failing: failing)
        let reprise = try await Self.start(
            // What hangs waits for it, and the attempt after that must have ended within it, on a machine
            // that gives it no thread for seconds.
            directory, recovery, timeout: failing.way == .hangsAfter ? 15_000 : 60_000)
        let id = SessionTrace.id(1)
        // (inactive user, profile, [U, id]), or without the id where H2 is to fail.
        let point: (ClientStep, FailurePoint) =
            failing.step == .deleteByKey ? (.m5, .before) : (.m7, .before)
        await SignUpClient(
            world: world, log: LibraryLog(reprise: reprise), id: id, nick: Self.nick,
            failing: point
        ).run()
        try await Self.settle(reprise)
        #expect(world.end(nick: Self.nick, key: "\(id)") == .clean)
        #expect(
            recovery.attempts.read { $0 } == (1...UInt32(failing.times + 1)).map { $0 },
            "one attempt more than failures")
        recovery.letGo.update { $0 = true }
        await reprise.close()
    }

    @Test func `when all attempts fail the session is parked and listed, and nothing is deleted`()
        async throws
    {
        let directory = try TestDirectory("table")
        let world = World()
        let recovery = SignUpRecovery(
            world, failing: .init(step: .statusRead, way: .before, times: .max))
        let reprise = try await Self.start(directory, recovery, maxAttempts: 3)
        let id = SessionTrace.id(1)
        await SignUpClient(
            world: world, log: LibraryLog(reprise: reprise), id: id, nick: Self.nick,
            failing: (.m7, .before)
        ).run()
        try await Self.settle(reprise)
        #expect(recovery.attempts.read { $0 } == [1, 2, 3])
        let listed = reprise.sessions.list()
        #expect(listed.map(\.id) == [id])
        guard case .parked(let parking) = listed.first?.phase else {
            Issue.record("not parked")
            return
        }
        #expect(parking.reason == .attemptsExhausted)
        #expect(listed.first?.records.count == 2)
        #expect(world.users.count == 1)
        #expect(world.profiles.count == 1)
        await reprise.close()
    }
}
