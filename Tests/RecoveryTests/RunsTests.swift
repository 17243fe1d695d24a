import Model
import Recovery
import Sessions
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct RunsTests {
    private struct NoControl: RunControl {
        func append(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError) {}
        func replace(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError) {
        }
        func extend(
            _ id: SessionID, by duration: Milliseconds?, token: Position
        ) async throws(RepriseError) {}
    }

    private typealias Outcomes = Probe<[(id: SessionID, outcome: HandlerOutcome)]>

    /// A session in its first run, as a claim at `deadline` makes it.
    private func running(_ number: Int, deadline: Int64) throws -> (Session, Run) {
        var log = SessionTrace()
        log.own()
        log.open(number)
        log.claim(number, 1, at: 40, deadline: deadline)
        let session = try #require(log[number])
        return (session, try #require(session.run))
    }

    private func start(
        _ runs: Runs, _ number: Int, deadline: Int64 = 1_000, _ outcomes: Outcomes
    ) throws -> (Session, Run) {
        let (session, run) = try running(number, deadline: deadline)
        runs.start(session, run, control: NoControl()) { session, _, outcome in
            outcomes.update { $0.append((session.id, outcome)) }
        }
        return (session, run)
    }

    private func moment(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds)
    }

    /// Handlers that stay in their run until they are let go; they do not heed cancellation.
    private final class Stuck: RecoveryHandler {
        let gate = Probe(false)

        func recover(_ session: RecoverySession) async throws -> HandlerOutcome {
            try await gate.wait("the handler to be let go") { $0 }
            return .complete
        }
    }

    @Test func `an outcome is reported once, with its run`() async throws {
        let outcomes = Outcomes([])
        let runs = Runs(handlers: [SessionTrace.kind: ClosureHandler { _ in .complete }])
        _ = try start(runs, 1, outcomes)
        try await outcomes.wait("the outcome") { $0.count == 1 }
        await runs.waitUntilIdle { _ in true }
        runs.expire(now: moment(5_000))
        #expect(outcomes.read { $0.map(\.outcome) } == [.complete])
        #expect(runs.count == 0)
    }

    @Test func `a thrown error is a failure that does not repeat the error's text`() async throws {
        struct Secret: Error, CustomStringConvertible { let description = "password" }
        let outcomes = Outcomes([])
        let runs = Runs(handlers: [SessionTrace.kind: ClosureHandler { _ in throw Secret() }])
        _ = try start(runs, 1, outcomes)
        try await outcomes.wait("the outcome") { $0.count == 1 }
        guard case .failed(.handlerFailed, let reason) = outcomes.read({ $0[0].outcome }) else {
            Issue.record("not a failure")
            return
        }
        #expect(!reason.contains("password"))
        #expect(reason.contains("Secret"))
    }

    @Test func `a handler that hangs is timed out, and what it says later is not heard`()
        async throws
    {
        let outcomes = Outcomes([])
        let stuck = Stuck()
        let runs = Runs(handlers: [SessionTrace.kind: stuck])
        _ = try start(runs, 1, deadline: 1_000, outcomes)
        runs.expire(now: moment(999))
        #expect(outcomes.read { $0.isEmpty })
        #expect(runs.nextDeadline == moment(1_000))
        runs.expire(now: moment(1_000))
        #expect(outcomes.read { $0.count } == 1)
        guard case .failed(.handlerTimeout, _) = outcomes.read({ $0[0].outcome }) else {
            Issue.record("not a time-out")
            return
        }
        stuck.gate.update { $0 = true }
        // A second session's outcome comes after the first handler was let go.
        _ = try start(runs, 2, outcomes)
        try await outcomes.wait("the second outcome") { $0.count == 2 }
        await runs.waitUntilIdle { _ in true }
        #expect(outcomes.read { $0.map(\.id) } == [SessionTrace.id(1), SessionTrace.id(2)])
    }

    @Test func `a run that extended its deadline is not timed out at the old one`() async throws {
        let outcomes = Outcomes([])
        let stuck = Stuck()
        let runs = Runs(handlers: [SessionTrace.kind: stuck])
        let (session, run) = try start(runs, 1, deadline: 1_000, outcomes)
        runs.extend(session.id, token: run.token, deadline: moment(2_000))
        runs.extend(session.id, token: Position(rawValue: 1), deadline: moment(9_000))
        runs.expire(now: moment(1_500))
        #expect(runs.isRunning(session.id, token: run.token))
        runs.expire(now: moment(2_000))
        #expect(!runs.isRunning(session.id, token: run.token))
        #expect(outcomes.read { $0.count } == 1)
        stuck.gate.update { $0 = true }
    }

    @Test func `a later run of a session ends the earlier one, whose place is given back`()
        async throws
    {
        let outcomes = Outcomes([])
        let stuck = Stuck()
        let runs = Runs(handlers: [SessionTrace.kind: stuck])
        let (session, run) = try start(runs, 1, outcomes)
        var later = run
        later.token = Position(rawValue: run.token.rawValue + 1)
        runs.start(session, later, control: NoControl()) { session, _, outcome in
            outcomes.update { $0.append((session.id, outcome)) }
        }
        #expect(outcomes.read { $0.count } == 1)
        #expect(!runs.isRunning(session.id, token: run.token))
        #expect(runs.isRunning(session.id, token: later.token))
        stuck.gate.update { $0 = true }
        await runs.waitUntilIdle { _ in true }
        #expect(outcomes.read { $0.count } == 2)
    }

    @Test func `an abandoned run is cancelled and not reported`() async throws {
        let outcomes = Outcomes([])
        let cancelled = Probe(false)
        let entered = Probe(false)
        let handler = ClosureHandler { _ in
            await withTaskCancellationHandler {
                entered.update { $0 = true }
                try? await cancelled.wait("the cancellation") { $0 }
            } onCancel: {
                cancelled.update { $0 = true }
            }
            return .complete
        }
        let runs = Runs(handlers: [SessionTrace.kind: handler])
        _ = try start(runs, 1, outcomes)
        try await entered.wait("the handler") { $0 }
        #expect(runs.abandon().map(\.session.kind) == [SessionTrace.kind])
        try await cancelled.wait("the cancellation") { $0 }
        await runs.waitUntilIdle { _ in true }
        #expect(outcomes.read { $0.isEmpty })
    }

    @Test func `waiting until idle ends with the last run, or with the waiting task`() async throws
    {
        let outcomes = Outcomes([])
        let stuck = Stuck()
        let runs = Runs(handlers: [SessionTrace.kind: stuck])
        _ = try start(runs, 1, outcomes)
        let impatient = Task { await runs.waitUntilIdle { _ in true } }
        impatient.cancel()
        await impatient.value
        #expect(runs.count == 1)
        let patient = Task { await runs.waitUntilIdle { _ in true } }
        stuck.gate.update { $0 = true }
        await patient.value
        #expect(runs.count == 0)
    }

    @Test func `a run is in progress until its outcome is where it was to go`() async throws {
        let runs = Runs(handlers: [SessionTrace.kind: ClosureHandler { _ in .complete }])
        let seen = Probe<[Bool]>([])
        let note: @Sendable () -> Void = {
            seen.update { $0 += [runs.count == 1, runs.contains { _ in true }] }
        }
        let (session, run) = try running(1, deadline: 1_000)
        runs.start(session, run, control: NoControl()) { _, _, _ in note() }
        await runs.waitUntilIdle { _ in true }
        #expect(seen.read { $0 } == [true, true])
        let stuck = Runs(handlers: [SessionTrace.kind: Stuck()])
        let isTimedOutInProgress = Probe(false)
        stuck.start(session, run, control: NoControl()) { _, _, _ in
            isTimedOutInProgress.update { $0 = stuck.count == 1 }
        }
        stuck.expire(now: moment(2_000))
        #expect(isTimedOutInProgress.read { $0 })
        #expect(stuck.count == 0)
    }

    @Test func `a kind without a handler here is not the session's fault`() async throws {
        let outcomes = Outcomes([])
        let runs = Runs(handlers: [:])
        _ = try start(runs, 1, outcomes)
        guard case .unavailable = outcomes.read({ $0[0].outcome }) else {
            Issue.record("not unavailable")
            return
        }
    }
}
