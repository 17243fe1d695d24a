import Model
import Sessions
import TestSupport
import Testing

/// SESSIONS.md §2, rule 1: what the session's writer does.
@Suite struct FoldOwnerTests {
    @Test func `open, append, replace, extend, complete`() throws {
        var log = SessionTrace()
        #expect(log.open(1, lease: 30, headers: [Header("a", "bc")]) == .accepted)
        #expect(log[1]?.phase == .open(lease: Timestamp(milliseconds: 30)))
        #expect(log[1]?.bytes == 8)
        #expect(log.append(1, 2, "second", until: 40) == .accepted)
        #expect(log[1]?.records == [Array("first".utf8), Array("second".utf8)])
        #expect(log[1]?.due == Timestamp(milliseconds: 40))
        #expect(log.replace(1, 3, "only", until: 50) == .accepted)
        #expect(log[1]?.records == [Array("only".utf8)])
        #expect(log[1]?.bytes == 7)
        #expect(log.extend(1, 4, until: 70) == .accepted)
        #expect(log[1]?.due == Timestamp(milliseconds: 70))
        #expect(log.complete(1, 5) == .accepted)
        #expect(log[1] == nil)
        #expect(log.table.totals.opened == 1 && log.table.totals.completed == 1)
        #expect(log.table.bytes == 0)
    }

    @Test func `a repeated sequence is a duplicate, a missing one a gap`() {
        var log = SessionTrace()
        log.open(1)
        #expect(log.open(1, record: "other") == .ignored(.duplicate))
        #expect(log.append(1, 1, "again") == .ignored(.duplicate))
        #expect(log.append(1, 3, "early") == .ignored(.gap))
        #expect(log.append(1, 2, "second") == .accepted)
        #expect(log.append(1, 2, "second") == .ignored(.duplicate))
        #expect(log.append(1, 4, "early") == .ignored(.gap))
        #expect(log.table.ignored[.gap] == 2)
        #expect(log[1]?.records.count == 2)
    }

    @Test func `nothing counts once the session was claimed, closed or is gone`() {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        log.claim(1, 1, at: 10, deadline: 20)
        #expect(log.append(1, 2, "late") == .ignored(.notOpen))
        #expect(log.complete(1, 2) == .ignored(.notOpen))
        log.open(2)
        #expect(log.close(2, 2, due: 5) == .accepted)
        #expect(log[2]?.phase == .waiting(due: Timestamp(milliseconds: 5)))
        #expect(log.extend(2, 3, until: 99) == .ignored(.notOpen))
        #expect(log.append(9, 2, "x") == .ignored(.unknownSession))
        #expect(log.complete(9, 2) == .ignored(.unknownSession))
    }

    /// The fold knows no clock: a write that comes after its lease counts until somebody claims.
    @Test func `a late write of the owner is welcome while nobody has claimed`() {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 10)
        #expect(log.append(1, 2, "late", until: 100) == .accepted)
        #expect(log.claim(1, 1, at: 50, deadline: 60) == .ignored(.notDue))
    }

    @Test func `a mirror that sends twice changes nothing`() {
        var log = SessionTrace()
        let origin = Origin(writer: SessionTrace.node, sequence: 4)
        let event = Event(session: SessionTrace.id(1), sequence: 1, body: opened)
        #expect(log.add(event, from: origin) == .accepted)
        #expect(log.complete(1, 2) == .accepted)
        #expect(log.add(event, from: origin) == .ignored(.resent))
        #expect(log[1] == nil)
        // A journal that was made anew has another identity: its numbers begin again.
        let anew = Writer(node: "node", journal: 8, incarnation: 2)
        #expect(log.add(event, from: Origin(writer: anew, sequence: 1)) == .accepted)
        #expect(log.table.journals == [7: 4, 8: 1])
    }

    @Test func `the list of journals is bounded, the longest silent gives way`() {
        var log = SessionTrace()
        for journal in UInt64(1)...UInt64(Limits.maxJournals) + 5 {
            let writer = Writer(node: "n", journal: journal, incarnation: 1)
            log.add(
                Event(session: SessionTrace.id(1), body: .deadLettered),
                from: Origin(writer: writer, sequence: 1))
            let first = Writer(node: "n", journal: 1, incarnation: 1)
            log.add(
                Event(session: SessionTrace.id(1), body: .deadLettered),
                from: Origin(writer: first, sequence: journal + 1))
        }
        let journals = log.table.journals
        #expect(journals.count == Limits.maxJournals)
        #expect(journals[1] != nil && journals[2] == nil)
        #expect(journals[UInt64(Limits.maxJournals) + 5] != nil)
    }

    private var opened: Event.Body {
        .opened(
            Event.Opening(
                kind: SessionTrace.kind, record: nil, headers: [], lease: .zero, time: .zero))
    }
}
