import Model
@testable import Sessions
import TestSupport
import Testing

/// SESSIONS.md §2, rule 5: what an operator asks for.
@Suite struct FoldOperatorTests {
    /// Session 1 in its first run, claimed at 10, deadline 40.
    private var running: SessionTrace {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 40)
        return log
    }

    @Test func `an open session is its owner's until its lease has run out`() {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        #expect(log.requeue(1, due: 0) == .ignored(.notApplicable))
        #expect(log.cancel(1) == .ignored(.notApplicable))
        #expect(log.park(1, at: 9, by: SessionTrace.admin) == .ignored(.notDue))
        #expect(log.cancel(1, at: 9) == .ignored(.notApplicable))
        #expect(log.park(1, at: 10, by: SessionTrace.admin) == .accepted)
        log.open(2, lease: 10)
        #expect(log.cancel(2, at: 10) == .accepted)
        #expect(log.table.totals.cancelled == 1)
    }

    @Test func `waiting and parked sessions are requeued, parked and cancelled`() {
        var log = SessionTrace()
        log.own()
        log.open(1)
        log.close(1, 2, due: 50)
        #expect(log.requeue(1, due: 5) == .accepted)
        #expect(log[1]?.phase == .waiting(due: Timestamp(milliseconds: 5)))
        log.claim(1, 1, at: 5, deadline: 9)
        log.retry(1, token: log.last, due: 100)
        #expect(log.park(1, by: SessionTrace.admin) == .accepted)
        #expect(log.park(1, by: SessionTrace.admin) == .ignored(.notApplicable))
        #expect(log[1]?.attempts == 1)
        #expect(log.requeue(1, due: 7) == .accepted)
        #expect(log[1]?.attempts == 0, "who is looked after gets all attempts again")
        #expect(log.cancel(1) == .accepted)
        #expect(log[1] == nil)
        #expect(log.table.totals.cancelled == 1)
        #expect(log.cancel(1) == .ignored(.unknownSession))
        #expect(log.requeue(1, due: 0) == .ignored(.unknownSession))
    }

    @Test func `on a running session they take effect when the run ends`() {
        var cancelled = running
        let token = cancelled.last
        #expect(cancelled.cancel(1) == .accepted)
        #expect(cancelled[1]?.run != nil)
        #expect(cancelled.retry(1, token: token, due: 99) == .accepted)
        #expect(cancelled[1] == nil && cancelled.table.totals.cancelled == 1)

        var requeued = running
        requeued.requeue(1, due: 45)
        requeued.retry(1, token: token, due: 99)
        #expect(requeued[1]?.phase == .waiting(due: Timestamp(milliseconds: 45)))

        var parked = running
        parked.park(1, at: 20, detail: "operator", by: SessionTrace.admin)
        #expect(parked[1]?.run != nil)
        parked.retry(1, token: token, due: 99)
        guard case .parked(let parking)? = parked[1]?.phase else { return #expect(Bool(false)) }
        #expect(parking.detail == "operator")
    }

    @Test func `an outcome that ends the session makes the order void`() {
        var completed = running
        let token = completed.last
        completed.cancel(1)
        #expect(completed.complete(1, token: token) == .accepted)
        #expect(completed.table.totals.completed == 1 && completed.table.totals.cancelled == 0)

        var parked = running
        parked.requeue(1, due: 45)
        parked.park(1, token: token)
        #expect(parked[1]?.phase == .waiting(due: Timestamp(milliseconds: 45)))
        #expect(parked[1]?.attempts == 0)
    }

    @Test func `the last order counts`() {
        var log = running
        let token = log.last
        log.cancel(1)
        log.requeue(1, due: 50)
        log.retry(1, token: token, due: 60)
        #expect(log[1]?.phase == .waiting(due: Timestamp(milliseconds: 50)))
        #expect(log[1]?.pending == nil)
    }

    /// The worker died, so no outcome will ever come: the scheduler ends the run instead of claiming.
    @Test func `an order on a run whose worker has died is carried out at the deadline`() throws {
        var log = running
        log.cancel(1)
        var scheduler = Scheduler(allowance: 5)
        var gates = Gates([SessionTrace.kind: KindPolicy()])
        scheduler.schedule(SessionTrace.id(1), in: &log.table)
        #expect(scheduler.step(now: at(44), table: &log.table, gates: &gates, limit: 9).isEmpty)
        let events = scheduler.step(now: at(45), table: &log.table, gates: &gates, limit: 9)
        #expect(events.count == 1)
        #expect(
            log.add(try #require(events.first), from: Origin(writer: SessionTrace.worker))
                == .accepted)
        #expect(log[1] == nil && log.table.totals.cancelled == 1)
    }

    @Test func `the dead letters take a parked session, and requeue brings it back`() throws {
        var log = running
        log.park(1, token: log.last)
        let letter = try #require(log[1]?.snapshot)
        #expect(log.add(1, 0, .deadLettered, by: SessionTrace.admin) == .ignored(.notOwner))
        #expect(log.add(1, 0, .deadLettered, by: SessionTrace.worker) == .accepted)
        #expect(log[1] == nil && log.table.totals.deadLettered == 1)
        #expect(log.requeue(1, due: 77) == .ignored(.unknownSession))
        #expect(log.requeue(1, due: 77, snapshot: letter) == .accepted)
        #expect(log[1]?.phase == .waiting(due: Timestamp(milliseconds: 77)))
        #expect(log[1]?.attempts == 0)
        #expect(log[1]?.records == letter.records && log[1]?.history == letter.history)
        #expect(log[1]?.first == log.last)
        #expect(log.table.totals.deadLettered == 0)
        #expect(log.table.conservationDifference == 0)
        // Only what is parked goes there.
        #expect(log.add(1, 0, .deadLettered, by: SessionTrace.worker) == .ignored(.notApplicable))
    }

    private func at(_ time: Int64) -> Timestamp { Timestamp(milliseconds: time) }

    @Test
    func `a parked session is requeued with other records, if the copy is of it as it stands`() {
        var trace = SessionTrace()
        trace.own()
        trace.open(1, headers: [Header("a", "b")])
        trace.close(1, 2, due: 5)
        trace.park(1)
        guard var copy = trace[1]?.snapshot else {
            Issue.record("it is not there")
            return
        }
        copy.records = [Array("other".utf8), [1]]
        var stale = copy
        stale.order -= 1
        var ignorant = trace
        ignorant.requeue(1, due: 9, snapshot: stale)
        #expect(ignorant[1]?.records == [Array("first".utf8)])
        trace.requeue(1, due: 9, snapshot: copy)
        #expect(trace[1]?.records == copy.records)
        #expect(trace[1]?.phase == .waiting(due: Timestamp(milliseconds: 9)))
        #expect(SessionCheck.problems(of: trace.table) == [])
        // A running one keeps its own: the order waits for the end of the run.
        trace.claim(1, 1, at: 9, deadline: 99)
        copy.records = []
        trace.requeue(1, due: 9, snapshot: copy)
        #expect(trace[1]?.records.count == 2)
    }

    /// A log in which session 1 was parked and went to the dead letters, and its letter.
    private func deadLettered() throws -> (SessionTrace, Snapshot) {
        var trace = SessionTrace()
        trace.own()
        trace.open(1)
        trace.close(1, 2, due: 5)
        trace.park(1)
        let letter = try #require(trace[1]).snapshot
        trace.add(1, 0, .deadLettered, by: SessionTrace.worker)
        return (trace, letter)
    }

    @Test func `a dead letter requeued twice comes back once, also when it is finished by then`()
        throws
    {
        var (trace, letter) = try deadLettered()
        #expect(trace.requeue(1, due: 9, snapshot: letter) == .accepted)
        #expect(trace.requeue(1, due: 7, snapshot: letter) == .ignored(.duplicate))
        #expect(trace[1]?.phase == .waiting(due: at(9)))
        trace.claim(1, 1, at: 9, deadline: 99)
        trace.complete(1, token: trace.last, by: SessionTrace.worker)
        #expect(trace.requeue(1, due: 9, snapshot: letter) == .ignored(.duplicate))
        #expect(trace[1] == nil && trace.table.totals.deadLettered == 0)
        #expect(SessionCheck.problems(of: trace.table) == [])
    }

    @Test func `parked again, it is another dead letter`() throws {
        var (trace, first) = try deadLettered()
        trace.requeue(1, due: 9, snapshot: first)
        trace.park(1)
        let second = try #require(trace[1]).snapshot
        trace.add(1, 0, .deadLettered, by: SessionTrace.worker)
        #expect(trace.requeue(1, due: 9, snapshot: first) == .ignored(.duplicate))
        #expect(trace.requeue(1, due: 9, snapshot: second) == .accepted)
    }

    @Test func `a fold that begins at a mark knows what came back before it`() throws {
        var (trace, letter) = try deadLettered()
        trace.requeue(1, due: 9, snapshot: letter)
        trace.claim(1, 1, at: 9, deadline: 99)
        trace.complete(1, token: trace.last, by: SessionTrace.worker)
        let mark = trace.table.mark(start: trace.next.offset)
        var later = SessionTrace(SessionTable(from: mark), offset: mark.start)
        #expect(later.requeue(1, due: 9, snapshot: letter) == .ignored(.duplicate))
        #expect(trace.requeue(1, due: 9, snapshot: letter) == .ignored(.duplicate))
        #expect(later.table.mark(start: 99) == trace.table.mark(start: 99))
    }

    @Test func `what came back long ago is forgotten, the oldest first`() throws {
        var revivals = Revivals()
        let count = Revivals.capacity + 10
        for number in 0..<count {
            revivals.note(SessionTrace.id(number), at: Position(offset: Int64(100 + number)))
        }
        revivals.note(SessionTrace.id(12), at: Position(offset: 5_000))
        var (_, copy) = try deadLettered()
        copy.order = Position(offset: 1).rawValue
        let known = (0..<count).filter { revivals.isRepeat(copy, of: SessionTrace.id($0)) }
        #expect(known == Array(11..<count))
        #expect(revivals.all.count == Revivals.capacity)
        #expect(Revivals(revivals.all).all == revivals.all)
    }
}
