import Model
import Sessions
import Testing

@Suite struct EndAcrossGapTests {
    /// A mirror that knows the end leaves out the writes before it.
    @Test func completionCountsAcrossAGapOtherWritesDoNot() {
        let id = SessionID(high: 1, low: 2)
        let origin = Origin(writer: Writer(node: "n", incarnation: 1))
        let opening = Event.Opening(
            kind: Kind(unchecked: "a"), record: nil, headers: [],
            lease: Timestamp(milliseconds: 100), time: .zero)
        var table = SessionTable()
        table.apply(
            Event(session: id, sequence: 1, body: .opened(opening)), at: Position(offset: 0),
            from: origin)
        let late = Event(
            session: id, sequence: 3,
            body: .extended(until: Timestamp(milliseconds: 200), token: .none))
        let end = Event(session: id, sequence: 4, body: .completed(token: .none))
        #expect(table.apply(late, at: Position(offset: 1), from: origin) == .ignored(.gap))
        #expect(table.apply(end, at: Position(offset: 2), from: origin) == .accepted)
        #expect(table.sessions.isEmpty)
    }
}
