import Model
import Sessions
import TestSupport
import Testing

/// SESSIONS.md §2, rule 4, and what stands in its way: the copy is made here and lands there.
@Suite struct CarryTests {
    private func land(_ copy: Event?, in log: inout SessionTrace) -> Applied? {
        copy.map { log.add($0, from: Origin(writer: SessionTrace.worker)) }
    }

    @Test func `a carried session changes its position, never its content`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 40)
        let token = log.last
        let before = try #require(log[1])
        let copy = log.carry(1)
        #expect(land(copy, in: &log) == .accepted)
        let after = try #require(log[1])
        #expect(after.first == log.last && after.phase == before.phase)
        #expect(after.order == before.order && after.records == before.records)
        let water = log.table.lowWater()
        #expect(water == log.last)
        #expect(log.complete(1, token: token) == .accepted, "the run goes on")
    }

    @Test func `a copy that is overtaken, or of a stranger, is not used`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1)
        let copy = log.carry(1)
        log.append(1, 2, "second")
        #expect(land(copy, in: &log) == .ignored(.overtaken))
        #expect(log[1]?.records.count == 2)
        let event = log.carry(1)
        let foreign = log.add(try #require(event), from: Origin(writer: SessionTrace.other))
        #expect(foreign == .ignored(.notOwner))
    }

    /// A completed session must never be handed out again; its copy was on the way when it completed.
    @Test func `a copy of a session that finished meanwhile brings nothing back`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1)
        let copy = log.carry(1)
        log.complete(1, 2)
        #expect(land(copy, in: &log) == .ignored(.overtaken))
        #expect(log[1] == nil)
    }

    /// And no later fold may begin where it would take the copy at its word.
    @Test func `no fold may begin between the end of a session and its stray copy`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1)
        let beforeEnd = log.next
        let copy = log.carry(1)
        log.complete(1, 2)
        let afterEnd = log.next
        #expect(!log.allowsStart(at: beforeEnd))
        #expect(!log.allowsStart(at: afterEnd), "the copy is still on its way")
        _ = land(copy, in: &log)
        let afterCopy = log.next
        #expect(!log.allowsStart(at: afterEnd), "the copy stands behind it")
        #expect(log.allowsStart(at: afterCopy))
    }

    /// Two nodes may open the id that a client brings; the second is the same session.
    @Test func `no fold may begin where a repeated opening would pass for the first`() {
        var log = SessionTrace()
        log.own()
        log.open(1, record: "first")
        let between = log.next
        #expect(log.open(1, record: "second") == .ignored(.duplicate))
        let after = log.next
        let copy = log.carry(1)
        _ = land(copy, in: &log)
        #expect(!log.allowsStart(at: between))
        #expect(log.allowsStart(at: after))
    }

    @Test func `a copy that surely was not written holds nothing back`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1)
        let carried = log.carry(1)
        let copy = try #require(carried)
        log.complete(1, 2)
        #expect(!log.allowsStart(at: log.next))
        log.table.carryFailed(copy)
        #expect(log.allowsStart(at: log.next))
    }

    @Test func `a fold that began after the original takes the copy`() throws {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 40)
        let mark = log.table.mark(start: log.next.offset)
        let start = log.next
        let copy = log.carry(1)
        _ = land(copy, in: &log)
        var later = SessionTable(from: mark)
        for entry in log.log where entry.position >= start {
            later.apply(entry.event, at: entry.position, from: entry.origin)
        }
        #expect(SessionCheck.difference(log.table, later) == nil)
        #expect(later.conservationDifference == 0)
    }

    @Test func `a session with an order for the end of its run is not carried`() {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 40)
        log.cancel(1)
        let copies = [log.carry(1), log.carry(9)]
        #expect(copies == [nil, nil])
    }

    @Test func `a checkpoint goes on where the fold stood`() throws {
        var soup = SessionSoup(seed: 5)
        for _ in 0..<150 { soup.step() }
        let saved = soup.trace.table
        let point = soup.trace.next
        var resumed = SessionTable(
            resuming: saved.mark(start: point.offset), began: saved.start)
        for session in saved.sessions.values.sorted(by: { $0.first < $1.first }) {
            resumed.restore(session.snapshot, as: session.id, partition: session.partition)
        }
        #expect(resumed.conservationDifference == saved.conservationDifference)
        if saved.sessions.values.allSatisfy({ $0.pending == nil }) {
            #expect(SessionCheck.difference(saved, resumed) == nil)
        }
        #expect(SessionCheck.problems(of: resumed) == [])
        #expect(resumed.start == saved.start && resumed.journals == saved.journals)
        let allowed = resumed.allowsStart(at: point)
        #expect(allowed == false)
    }

    @Test func `the oldest are those that hold the mark back`() throws {
        var log = SessionTrace()
        log.own()
        for number in 1...5 { log.open(number) }
        log.complete(2, 2)
        let copy = log.carry(1)
        _ = land(copy, in: &log)
        let oldest = log.table.oldest(2)
        #expect(oldest == [SessionTrace.id(3), SessionTrace.id(4)])
        let water = log.table.lowWater()
        #expect(water == log[3]?.first)
    }
}
