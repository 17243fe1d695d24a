import Model
import Sessions
import TestSupport
import Testing

/// SESSIONS.md §2, rules 2 to 4: what the recovery group does.
@Suite struct FoldGroupTests {
    @Test func `a claim makes the next attempt, and its position is the token`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        #expect(log.claim(1, 1, at: 10, deadline: 40) == .accepted)
        let run = try #require(log[1]?.run)
        #expect(run == Run(attempt: 1, token: log.last, deadline: Timestamp(milliseconds: 40)))
        #expect(log[1]?.attempts == 1)
    }

    @Test func `a claim counts only from the owner, when due, and for the next attempt`() {
        var log = SessionTrace()
        log.open(1, lease: 10)
        #expect(log.claim(1, 1, at: 10, deadline: 40) == .ignored(.notOwner))
        log.own()
        #expect(log.claim(1, 1, at: 9, deadline: 40) == .ignored(.notDue))
        #expect(log.claim(1, 2, at: 10, deadline: 40) == .ignored(.overtaken))
        #expect(log.claim(1, 0, at: 10, deadline: 40) == .ignored(.overtaken))
        #expect(log.claim(9, 1, at: 10, deadline: 40) == .ignored(.unknownSession))
        log.own(SessionTrace.other)
        #expect(log.claim(1, 1, at: 10, deadline: 40) == .ignored(.notOwner))
        #expect(log.claim(1, 1, at: 10, deadline: 40, by: SessionTrace.other) == .accepted)
        log.park(1, token: log.last)
        #expect(
            log.claim(1, 2, at: 90, deadline: 99, by: SessionTrace.other)
                == .ignored(.notApplicable))
    }

    @Test func `a worker dies in a run: the next owner claims attempt n+1`() {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 40)
        log.own(SessionTrace.other)
        #expect(log.claim(1, 2, at: 39, deadline: 80, by: SessionTrace.other) == .ignored(.notDue))
        #expect(log.claim(1, 2, at: 40, deadline: 80, by: SessionTrace.other) == .accepted)
        #expect(log[1]?.attempts == 2)
        #expect(log[1]?.history.map(\.number) == [1])
        #expect(log[1]?.history.first?.counted == true)
    }

    /// dbos-transact-py 742, 804.
    @Test func `a zombie finishes after losing ownership: its token decides`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 40)
        let zombie = log.last
        // Nobody has claimed since: the late result of a previous owner is welcome.
        var welcome = log
        welcome.own(SessionTrace.other)
        #expect(welcome.complete(1, token: zombie, by: SessionTrace.worker) == .accepted)
        // Somebody has: it changes nothing.
        log.own(SessionTrace.other)
        log.claim(1, 2, at: 40, deadline: 80, by: SessionTrace.other)
        let before = log[1]
        #expect(log.append(1, 2, "zombie", token: zombie) == .ignored(.staleToken))
        #expect(log.replace(1, 2, "zombie", token: zombie) == .ignored(.staleToken))
        #expect(log.extend(1, 2, until: 999, token: zombie) == .ignored(.staleToken))
        #expect(log.complete(1, token: zombie) == .ignored(.staleToken))
        #expect(log.retry(1, token: zombie, due: 0) == .ignored(.staleToken))
        #expect(log.park(1, token: zombie) == .ignored(.staleToken))
        #expect(log[1] == before)
        #expect(log.table.ignored[.staleToken] == 6)
        let run = try #require(log[1]?.run)
        #expect(log.complete(1, token: run.token) == .accepted)
        #expect(log.complete(1, token: run.token) == .ignored(.unknownSession))
    }

    @Test func `a run appends, replaces and extends with its token, in sequence`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 40)
        let token = log.last
        #expect(log.append(1, 2, "checkpoint", until: 50, token: token) == .accepted)
        #expect(log.append(1, 2, "checkpoint", until: 50, token: token) == .ignored(.duplicate))
        #expect(log.append(1, 4, "gap", until: 50, token: token) == .ignored(.gap))
        #expect(log.extend(1, 3, until: 90, token: token) == .accepted)
        #expect(log[1]?.run == Run(attempt: 1, token: token, deadline: Timestamp(milliseconds: 90)))
        // A run's outcome needs its token alone: its writes may still be on their way.
        #expect(log.complete(1, 99, token: token) == .accepted)
    }

    @Test func `a retry is counted or given back, and its reason is kept`() {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 40)
        #expect(log.retry(1, token: log.last, due: 50, counted: false, reason: "down") == .accepted)
        #expect(log[1]?.attempts == 0)
        #expect(log[1]?.phase == .waiting(due: Timestamp(milliseconds: 50)))
        log.claim(1, 1, at: 50, deadline: 80)
        log.retry(1, token: log.last, due: 90, reason: "no")
        #expect(log[1]?.attempts == 1)
        #expect(log[1]?.history.map(\.reason) == ["down", "no"])
        #expect(log[1]?.history.map(\.counted) == [false, true])
        #expect(log.retry(1, token: .none, due: 0) == .ignored(.staleToken))
    }

    @Test func `the history and its reasons are bounded, the last failure stays`() {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 0)
        for attempt in UInt32(1)...40 {
            log.claim(1, attempt, at: 0, deadline: 0)
            log.retry(
                1, token: log.last, due: 0,
                reason: "\(attempt)" + String(repeating: "x", count: 5_000))
        }
        let limits = Limits()
        #expect(log[1]?.history.count == limits.maxHistory)
        #expect(log[1]?.history.last?.number == 40)
        #expect(
            log[1]?.history.allSatisfy { $0.reason.utf8.count <= limits.maxReasonBytes } == true)
        log.claim(1, 41, at: 0, deadline: 0)
        log.park(1, token: log.last, detail: String(repeating: "y", count: 5_000))
        guard case .parked(let parking)? = log[1]?.phase else { return #expect(Bool(false)) }
        #expect(parking.detail.utf8.count <= limits.maxReasonBytes)
    }

    private func order(_ number: Int, _ log: SessionTrace) -> UInt64 { log[number]?.order ?? 0 }

    @Test func `the order of scheduling is that of the event that set the due time`() {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.open(2, lease: 20)
        log.extend(1, 2, until: 20)
        #expect(order(1, log) > order(2, log))
        log.claim(2, 1, at: 20, deadline: 50)
        #expect(order(2, log) > order(1, log))
        log.retry(2, token: log.last, due: 60)
        #expect(log[2]?.order == log.last.rawValue)
    }

    @Test func `counters at their end never trap`() {
        var log = SessionTrace()
        log.own()
        let run = Run(attempt: .max, token: Position(rawValue: 5), deadline: .zero)
        var snapshot = Snapshot(
            kind: SessionTrace.kind, version: 1, headers: [], records: [], created: .zero,
            phase: .running(run), attempts: .max, order: .max, history: [], sequence: .max)
        #expect(log.add(1, 0, .carried(snapshot), by: SessionTrace.worker) == .accepted)
        #expect(log.claim(1, 0, at: 9, deadline: 9) == .ignored(.overtaken))
        #expect(log.append(1, .max, "x", token: run.token) == .ignored(.duplicate))
        #expect(log.append(1, 0, "x", token: run.token) == .ignored(.duplicate))
        snapshot.attempts = 0
        snapshot.phase = .running(Run(attempt: 0, token: Position(rawValue: 5), deadline: .zero))
        log.add(2, 0, .carried(snapshot), by: SessionTrace.worker)
        #expect(log.retry(2, token: Position(rawValue: 5), due: 0, counted: false) == .accepted)

        var totals = Totals()
        totals.opened = .max
        totals.completed = .max
        totals.cancelled = .max
        totals.handedOver = .max
        totals.deadLettered = .min
        var table = SessionTable(
            from: Mark(start: .max, owner: SessionTrace.worker, journals: [:], totals: totals))
        let difference = table.conservationDifference
        for entry in log.log { table.apply(entry.event, at: entry.position, from: entry.origin) }
        var full = SessionTrace(table)
        full.open(3)
        full.complete(3, 2)
        full.open(4, lease: 0)
        full.close(4, 2, due: 0)
        full.requeue(5, due: 0, snapshot: snapshot)
        full.cancel(4)
        #expect(full.table.conservationDifference == difference)
        _ = full.table.mark(start: 0)
    }
}
