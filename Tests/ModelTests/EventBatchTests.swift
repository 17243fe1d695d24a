internal import Foundation
import Model
import SchemaProto
internal import SwiftProtobuf
import TestSupport
import Testing

@Suite struct EventBatchTests {
    private func read(_ bytes: [UInt8]) throws -> [(Int, [UInt8])] {
        var parts: [(Int, [UInt8])] = []
        try bytes.withUnsafeBytes { buffer in
            try EventBatch.forEach(in: buffer) { parts.append(($0, Array($1))) }
        }
        return parts
    }

    @Test func `a batch's bytes are those of the generated code`() throws {
        for seed in UInt64(0)..<300 {
            var random = SeededRandom(seed: seed)
            let events = (0..<random.below(20)).map { _ in SessionEvents.event(&random) }
            let bytes = EventBatch.encoded(events)
            let proto = ProtoEventBatch.with { $0.events = events.map(ProtoEvent.init) }
            #expect(try [UInt8](proto.serializedData()) == bytes, "seed \(seed)")
            let parts = try read(bytes)
            #expect(parts.map(\.0) == Array(0..<events.count), "seed \(seed)")
            #expect(try parts.map { try Event(decoding: $0.1) } == events, "seed \(seed)")
        }
    }

    @Test func `one that cannot be read does not hide its neighbours`() throws {
        let good = Event(session: SessionID(high: 1, low: 1), body: .deadLettered).encoded
        let batch: [UInt8] =
            [0x0A, UInt8(good.count)] + good + [0x0A, 2, 0xFF, 0xFF]
            + [0x0A, UInt8(good.count)] + good
        let parts = try read(batch)
        #expect(parts.count == 3)
        #expect(throws: RepriseError.self) { try Event(decoding: parts[1].1) }
        #expect(try Event(decoding: parts[2].1).body == .deadLettered)
    }

    @Test func `a batch cut short calls nobody`() throws {
        let event = Event(session: SessionID(high: 1, low: 1), body: .deadLettered)
        let bytes = Array(EventBatch.encoded([event, event]).dropLast())
        var calls = 0
        #expect(throws: RepriseError.self) {
            try bytes.withUnsafeBytes { try EventBatch.forEach(in: $0) { _, _ in calls += 1 } }
        }
        #expect(calls == 0)
    }

    /// An index beyond the position's bits would stand at the next message's place.
    @Test func `a batch holds no more events than positions`() throws {
        let event = Event(session: SessionID(high: 1, low: 1), body: .deadLettered)
        let most = [Event](repeating: event, count: Position.maxBatch)
        #expect(try read(EventBatch.encoded(most)).count == Position.maxBatch)
        #expect(throws: RepriseError.self) { try read(EventBatch.encoded(most + [event])) }
    }
}
