import Model
import Reprise
import Sessions
import TestSupport
import Testing

@testable import RepriseServer

@Suite struct ExplanationTests {
    private let policy = {
        var policy = KindPolicy()
        policy.retry.maxAttempts = 3
        policy.retry.maxAge = 1_000_000
        policy.concurrency = 2
        policy.breaker.failures = 1
        policy.breaker.openFor = 500
        return policy
    }()

    private func at(_ time: Int64) -> Timestamp { Timestamp(milliseconds: time) }

    private func kind(_ change: (inout Gate) -> Void = { _ in }) -> KindStatus {
        var status = KindStatus(kind: SessionTrace.kind, policy: policy)
        var gate = Gate(policy: policy)
        change(&gate)
        status.gate = gate
        return status
    }

    private func explain(
        _ trace: SessionTrace, _ kind: KindStatus?, at time: Int64,
        role: ProcessStatus.Role = .standalone, allowance: Milliseconds = 0
    ) throws -> Explanation {
        Explanation(
            try #require(trace[1]), kind: kind, role: role, now: at(time), allowance: allowance)
    }

    private func opened() -> SessionTrace {
        var trace = SessionTrace()
        trace.own()
        trace.open(1, lease: 1_000)
        return trace
    }

    @Test func theWriterHasItUntilItsLease() throws {
        let text = try explain(opened(), kind(), at: 999)
        #expect(text.why.contains("the lease runs until 1970-01-01T00:00:01.000Z"))
        let waits = try explain(opened(), kind(), at: 1_500, role: .worker, allowance: 1_000)
        #expect(waits.why.contains("clock allowance"))
        #expect(waits.next.contains("1970-01-01T00:00:02.000Z"))
    }

    @Test func aWaitingOneTellsItsTimeItsLastFailureAndItsNextAttempt() throws {
        var trace = opened()
        trace.claim(1, 1, at: 1_000, deadline: 2_000)
        trace.retry(1, token: trace.last, due: 5_000, reason: "the shop was closed")
        let text = try explain(trace, kind(), at: 2_000)
        #expect(text.why.contains("1970-01-01T00:00:05.000Z"))
        #expect(text.why.contains("Attempt 1 ended so: the shop was closed"))
        #expect(text.next.contains("attempt 2 of 3"))
    }

    @Test func aDueOneTellsWhatHoldsItUp() throws {
        let trace = opened()
        let due = try explain(trace, kind(), at: 1_000)
        #expect(due.why.contains("about to be handed out"))
        #expect(due.next.contains("attempt 1 of 3"))
        let full = try explain(
            trace, kind { gate in for _ in 0..<2 { _ = gate.acquire(now: at(0)) } }, at: 1_000)
        #expect(full.why.contains("no free place: 2 of 2 are running"))
        let open = try explain(
            trace,
            kind { gate in
                _ = gate.acquire(now: at(900))
                gate.release(.failed(.handlerFailed, reason: "no"), now: at(900))
            }, at: 1_000)
        #expect(open.why.contains("breaker of its kind is open until 1970-01-01T00:00:01.400Z"))
        var paused = kind()
        paused.pause = Pause(since: at(500), by: "ann", reason: "maintenance")
        let stopped = try explain(trace, paused, at: 1_000)
        #expect(stopped.why.contains("paused") && stopped.why.contains("ann: maintenance"))
        #expect(stopped.next.contains("resumed"))
    }

    @Test func withoutAHandlerItWaitsUntilItsAgeIsUp() throws {
        let status = KindStatus(kind: SessionTrace.kind, policy: policy)
        let text = try explain(opened(), status, at: 1_000)
        #expect(text.why.contains("no handler for its kind here"))
        #expect(text.next.contains("1970-01-01T00:16:40.000Z"))
        let unknown = try explain(opened(), nil, at: 1_000)
        #expect(unknown.why.contains("no handler"))
    }

    @Test func onANodeWithKafkaADueOneIsTheGroups() throws {
        let text = try explain(opened(), kind(), at: 1_000, role: .node)
        #expect(text.why.contains("recovery group's"))
        #expect(text.next.contains("partition 3"))
    }

    @Test func aRunningOneTellsItsDeadlineAndAnOrderThatWaits() throws {
        var trace = opened()
        trace.claim(1, 1, at: 1_000, deadline: 9_000)
        let runs = try explain(trace, kind(), at: 2_000)
        #expect(runs.why.contains("Attempt 1 is at work"))
        #expect(runs.why.contains("1970-01-01T00:00:09.000Z"))
        trace.cancel(1)
        #expect(try explain(trace, kind(), at: 2_000).next.contains("cancelled"))
        let late = try explain(opened(), kind(), at: 9_000)
        #expect(late.why.contains("let the lease run out"))
    }

    @Test func aParkedOneTellsWhy() throws {
        var trace = opened()
        trace.claim(1, 1, at: 1_000, deadline: 9_000)
        trace.park(1, token: trace.last, reason: .handlerRefused, detail: "no such nick")
        let text = try explain(trace, kind(), at: 2_000)
        #expect(text.why.contains("handlerRefused: no such nick"))
        #expect(text.next.contains("requeues or cancels"))
    }

    @Test func timesBeyondTheCalendarAreNumbers() {
        #expect(at(0).text == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp.distantFuture.text.hasSuffix("ms since 1970"))
        #expect(at(-1).text == "-1 ms since 1970")
    }
}
