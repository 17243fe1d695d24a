import Mirror
import Model
import Sessions
import Testing

/// A message of an outbox that Kafka will never take.
@Suite struct RefusedMessageTests {
    private let writer = Writer(node: "node", journal: 0xABCD, incarnation: 1)
    private let error = RepriseError(.topicMissing, "There is no such topic.")

    private func fold(_ numbers: [UInt64]) -> SessionTable {
        var table = SessionTable()
        var sequence: UInt64 = 0
        for number in numbers {
            let message = Announcement(
                topic: "mail", key: [97], value: [1, 2], headers: [Header("lang", "en")])
            let refused = RefusedMessage(number: number, message: message)
            for event in refused.events(error, writer: writer, now: Timestamp(milliseconds: 5)) {
                sequence += 1
                table.apply(
                    event, at: Position(sequence: sequence),
                    from: Origin(writer: writer, sequence: sequence))
            }
        }
        return table
    }

    @Test func `it is a parked session that people can look at`() throws {
        let table = fold([7])
        let session = try #require(table.sessions.values.first { _ in true })
        guard case .parked(let parking) = session.phase else {
            Issue.record("not parked: \(session.phase)")
            return
        }
        #expect(parking.reason == .topicMissing)
        #expect(session.kind == RefusedMessage.kind)
        #expect(session.records == [[1, 2]])
        #expect(session.headers.contains(Header("reprise-topic", "mail")))
        #expect(session.headers.contains(Header("reprise-key", "a")))
        #expect(session.headers.contains(Header("lang", "en")))
    }

    @Test func `the same message is parked once, another one beside it`() {
        #expect(fold([7, 7]).alive.parked == 1)
        let two = fold([7, 8])
        #expect(two.alive.parked == 2)
        #expect(two.conservationDifference == 0)
    }
}
