import Foundation
import Model
import SchemaProto
import Sessions
import SwiftProtobuf
import TestSupport
import Testing

@testable import Recovery

/// What a newer version may add is passed over, and what cannot be passed over costs no session.
@Suite struct NewerTests {
    /// Fields that nobody knows, of each wire type.
    private static let unknown: [UInt8] =
        [0xA0, 0x06, 0x96, 0x01]  // 100: a varint
        + [0xAA, 0x06, 0x03, 0x61, 0x62, 0x63]  // 101: bytes
        + [0xB1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]  // 102: 64 bits
        + [0xBD, 0x06, 1, 2, 3, 4]  // 103: 32 bits

    private func extended<Message: SwiftProtobuf.Message>(_ message: Message) throws -> Message {
        try Message(serializedBytes: [UInt8](message.serializedData()) + Self.unknown)
    }

    /// With such fields in the event and in every message inside it.
    private func newer(_ event: ProtoEvent) throws -> ProtoEvent {
        var event = event
        if event.hasSnapshot {
            event.snapshot.history = try event.snapshot.history.map(extended)
            event.snapshot.headers = try event.snapshot.headers.map(extended)
            event.snapshot = try extended(event.snapshot)
        }
        if event.hasMark {
            event.mark.totals = try extended(event.mark.totals)
            event.mark.journals = try event.mark.journals.map(extended)
            event.mark = try extended(event.mark)
        }
        if event.hasWriter { event.writer = try extended(event.writer) }
        event.headers = try event.headers.map(extended)
        return try extended(event)
    }

    @Test(arguments: Fixture.all)
    func fieldsThatNobodyKnowsArePassedOver(_ fixture: Fixture) throws {
        var grown = 0
        let messages = try fixture.messages().map { message in
            var message = message
            let value = try #require(message.value)
            let bytes: Data
            if message.isBatch {
                var batch = try ProtoEventBatch(serializedBytes: value)
                batch.events = try batch.events.map(newer)
                bytes = try extended(batch).serializedData()
            } else {
                bytes = try newer(try ProtoEvent(serializedBytes: value)).serializedData()
            }
            grown += bytes.count - value.count
            message.value = Array(bytes)
            return message
        }
        #expect(grown >= messages.count * Self.unknown.count)
        let (table, _) = try TopicScenario.fold(messages)
        #expect(Description.text(table) == (try fixture.text("topic-expected.txt")))
    }

    /// A type, or a version, that this reader does not know.
    @Test(arguments: Fixture.all, [true, false])
    func whatCannotBePassedOverParksTheSession(_ fixture: Fixture, isType: Bool) throws {
        var messages = try fixture.messages()
        let known = Event(
            session: SessionTrace.id(1), sequence: 4, partition: 3, body: .completed(token: .none))
        var event = try ProtoEvent(serializedBytes: known.encoded)
        event.type = isType ? .UNRECOGNIZED(99) : .extended
        event.version = isType ? 0 : 1_000
        let bytes = try [UInt8](extended(event).serializedData())
        messages.append(
            TopicLine.message(
                offset: Int64(messages.count), type: "unknown",
                origin: Origin(writer: SessionTrace.node).text, value: bytes))
        let (table, _) = try TopicScenario.fold(messages)
        let session = try #require(table[SessionTrace.id(1)])
        guard case .parked(let parking) = session.phase else {
            Issue.record("It is \(session.phase).")
            return
        }
        #expect(parking.reason == .unknownVersion)
        #expect(session.unread == [bytes])
        #expect(session.records.count == 2, "what it had is kept")
        #expect(SessionCheck.problems(of: table) == [])
    }
}
