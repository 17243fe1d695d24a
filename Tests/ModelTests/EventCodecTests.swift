internal import Foundation
import Model
import SchemaProto
internal import SwiftProtobuf
import TestSupport
import Testing

@Suite struct EventCodecTests {
    @Test func `our bytes are those of the generated code, both ways`() throws {
        for seed in UInt64(0)..<5_000 {
            var random = SeededRandom(seed: seed)
            let event = SessionEvents.event(&random)
            let ours = event.encoded
            let theirs = try [UInt8](ProtoEvent(event).serializedData())
            #expect(ours == theirs, "seed \(seed)")
            #expect(try Event(decoding: theirs) == event, "seed \(seed)")
            let read = try ProtoEvent(serializedBytes: ours)
            #expect(read == ProtoEvent(event), "seed \(seed)")
            #expect(try [UInt8](read.serializedData()) == ours, "seed \(seed)")
        }
    }

    @Test func `every type number has the schema's name`() {
        #expect(ProtoEventType.allCases.count == EventType.allCases.count + 1)
        for type in EventType.allCases {
            #expect("\(ProtoEventType(rawValue: Int(type.rawValue))!)" == "\(type)")
        }
    }

    @Test func `a dead letter's value is a snapshot`() throws {
        for seed in UInt64(0)..<1_000 {
            var random = SeededRandom(seed: seed)
            let snapshot = SessionEvents.snapshot(&random)
            let bytes = snapshot.encoded
            #expect(try [UInt8](ProtoSnapshot(snapshot).serializedData()) == bytes, "seed \(seed)")
            let decoded = try bytes.withUnsafeBytes { try Snapshot(decoding: $0) }
            #expect(decoded == snapshot, "seed \(seed)")
        }
    }

    @Test func `unknown fields are passed over`() throws {
        var random = SeededRandom(seed: 7)
        let event = SessionEvents.event(&random)
        // Field 99 as a varint, as 64 bits, as bytes and as 32 bits.
        let varint: [UInt8] = [0x98, 0x06, 0x2A]
        let fixed64: [UInt8] = [0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]
        let bytes: [UInt8] = [0x9A, 0x06, 2, 0xFF, 0xFF]
        let fixed32: [UInt8] = [0x9D, 0x06, 1, 2, 3, 4]
        #expect(
            try Event(decoding: varint + fixed64 + event.encoded + bytes + fixed32) == event)
    }

    @Test func `an unknown type is kept with its bytes`() throws {
        var later = ProtoEvent(Event(session: SessionID(high: 1, low: 2), body: .deadLettered))
        later.sequence = 9
        later.reason = "said by a later version"
        var bytes = try [UInt8](later.serializedData())
        // The type follows the session's 18 bytes: 0x10 and its number.
        bytes[19] = 77
        bytes += [0x98, 0x06, 0x2A]
        let event = try Event(decoding: bytes)
        #expect(event.body == .unknown(type: 77))
        #expect(event.sequence == 9)
        #expect(event.encoded == bytes)
        #expect(EventBatch.encoded([event]).suffix(bytes.count) == bytes[...])
    }

    @Test func `a later version is not read by today's rules, even where it could be`() throws {
        var random = SeededRandom(seed: 3)
        var later = ProtoEvent(
            Event(session: SessionID(high: 1, low: 2), sequence: 2, body: .completed(token: .none)))
        later.version = 2
        let bytes = try [UInt8](later.serializedData())
        let event = try Event(decoding: bytes)
        #expect(event.body == .unknown(type: EventType.completed.rawValue))
        #expect(event.version == 2)
        #expect(event.encoded == bytes)

        // A required field may be gone, a nested message may have a phase that is not known here.
        later.type = .carried
        #expect(try Event(decoding: [UInt8](later.serializedData())).version == 2)
        var snapshot = ProtoSnapshot(SessionEvents.snapshot(&random))
        snapshot.phase = .UNRECOGNIZED(9)
        later.snapshot = snapshot
        #expect(try Event(decoding: [UInt8](later.serializedData())).version == 2)
    }

    @Test func `a version of zero is the first one, as if it were absent`() throws {
        // 18, the version of an event; 2, of a snapshot: written out as proto writers never do.
        let event = Event(session: SessionID(high: 1, low: 2), body: .deadLettered)
        #expect(try Event(decoding: event.encoded + [0x90, 0x01, 0]) == event)
        var unknown = event.encoded
        unknown[19] = 77
        #expect(try Event(decoding: unknown + [0x90, 0x01, 0]).version == 1)
        var random = SeededRandom(seed: 11)
        let bytes = SessionEvents.snapshot(&random).encoded + [0x10, 0]
        let snapshot = try bytes.withUnsafeBytes { try Snapshot(decoding: $0) }
        #expect(snapshot.version == 1)
        #expect(try snapshot.encoded.withUnsafeBytes { try Snapshot(decoding: $0) } == snapshot)
    }

    @Test(
        arguments: [
            [], [0x0A, 3, 1, 2, 3], [0x10, 1], [0xFF], [UInt8](repeating: 0xFF, count: 64),
            [0x0A, 16] + [UInt8](repeating: 0, count: 16),
        ] as [[UInt8]])
    func `what is no event is undecodable`(bytes: [UInt8]) {
        #expect(throws: RepriseError.self) { try Event(decoding: bytes) }
        do { _ = try Event(decoding: bytes) } catch { #expect(error.code == .undecodable) }
    }

    @Test func `a required field that is missing is undecodable`() throws {
        for type in [ProtoEventType.appended, .replaced, .carried, .owner, .mark] {
            var event = ProtoEvent()
            event.session = SessionID(high: 1, low: 1).networkOrder
            event.type = type
            let bytes = try [UInt8](event.serializedData())
            #expect(throws: RepriseError.self, "\(type)") { try Event(decoding: bytes) }
        }
    }

    @Test func `a parking code of a later version stays readable`() throws {
        var event = ProtoEvent(
            Event(
                session: SessionID(high: 1, low: 1),
                body: .parked(
                    Parking(reason: .handlerRefused, detail: "why", time: .zero), token: .none)))
        event.code = "fromTheFuture"
        let read = try Event(decoding: [UInt8](event.serializedData()))
        #expect(
            read.body
                == .parked(
                    Parking(reason: .unknownVersion, detail: "fromTheFuture: why", time: .zero),
                    token: .none))
    }
}
