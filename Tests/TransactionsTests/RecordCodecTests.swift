internal import Foundation
import Model
import SchemaProto
internal import SwiftProtobuf
import TestSupport
import Testing
import Transactions

@Suite struct RecordCodecTests {
    @Test func `our bytes are those of the generated code, both ways`() throws {
        for seed in UInt64(0)..<3_000 {
            var random = SeededRandom(seed: seed)
            let record = RandomRecords.record(&random)
            let ours = record.encoded
            let theirs = try [UInt8](ProtoTransactionRecord(record).serializedData())
            #expect(ours == theirs, "seed \(seed)")
            #expect(ours.count == record.encodedSize, "seed \(seed)")
            #expect(try TransactionRecord(decoding: theirs) == record, "seed \(seed)")
            let read = try ProtoTransactionRecord(serializedBytes: ours)
            #expect(read == ProtoTransactionRecord(record), "seed \(seed)")
        }
    }

    @Test func `every step has the schema's name and number`() {
        #expect(
            ProtoTransactionStep.allCases.count == TransactionRecord.Step.allCases.count + 1)
        for step in TransactionRecord.Step.allCases {
            #expect("\(ProtoTransactionStep(rawValue: Int(step.rawValue))!)" == "\(step)")
        }
    }

    @Test func `unknown fields are passed over`() throws {
        var random = SeededRandom(seed: 7)
        let record = RandomRecords.record(&random)
        // Field 99 as a varint, as 64 bits, as bytes and as 32 bits.
        let varint: [UInt8] = [0x98, 0x06, 0x2A]
        let fixed64: [UInt8] = [0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]
        let bytes: [UInt8] = [0x9A, 0x06, 2, 0xFF, 0xFF]
        let fixed32: [UInt8] = [0x9D, 0x06, 1, 2, 3, 4]
        let grown = varint + fixed64 + record.encoded + bytes + fixed32
        #expect(try TransactionRecord(decoding: grown) == record)
    }

    @Test func `a later version is named as such, also where it cannot be read at all`() throws {
        var later = ProtoTransactionRecord()
        later.transaction = SessionID(high: 1, low: 2).data
        later.step = .committed
        later.version = 2
        #expect(RecordCodecTests.refusal(try [UInt8](later.serializedData())) == .journalVersion)
        // A branch that begins with a field of another type, no id, an outcome that is not known.
        let branch = try [UInt8](later.serializedData()) + [0x2A, 2, 0x12, 0xFF]
        #expect(RecordCodecTests.refusal(branch) == .journalVersion)
        later.transaction = Data()
        #expect(RecordCodecTests.refusal(try [UInt8](later.serializedData())) == .journalVersion)
    }

    @Test func `a step of a later version is refused as such`() throws {
        var later = ProtoTransactionRecord()
        later.transaction = SessionID(high: 1, low: 2).data
        later.step = .UNRECOGNIZED(77)
        #expect(RecordCodecTests.refusal(try [UInt8](later.serializedData())) == .journalVersion)
    }

    @Test(
        arguments: [
            [], [0x0A, 3, 1, 2, 3], [0x10, 1], [0xFF], [UInt8](repeating: 0xFF, count: 64),
            // No step.
            [0x0A, 16] + [UInt8](repeating: 1, count: 16),
            // An action without a session, a branch that ended in no known way.
            [0x0A, 16] + [UInt8](repeating: 1, count: 16) + [0x10, 2, 0x32, 0],
            [0x0A, 16] + [UInt8](repeating: 1, count: 16) + [0x10, 2, 0x2A, 2, 0x18, 9],
        ] as [[UInt8]])
    func `what is no record is undecodable`(bytes: [UInt8]) {
        #expect(RecordCodecTests.refusal(bytes) == .undecodable)
    }

    @Test(arguments: 0..<4)
    func `mutated bytes never trap, and what was read once is read again the same`(
        part: Int
    ) throws {
        var decoded = 0
        for round in 0..<1_000 {
            let seed = UInt64(part * 1_000 + round)
            var random = SeededRandom(seed: seed)
            let original = RandomRecords.record(&random).encoded
            for _ in 0..<10 {
                let bytes = RecordCodecTests.mutated(original, &random)
                guard let record = RecordCodecTests.decode(bytes, seed) else { continue }
                decoded += 1
                let again = record.encoded
                #expect(again.count == record.encodedSize, "seed \(seed)")
                #expect(RecordCodecTests.decode(again, seed) == record, "seed \(seed)")
            }
        }
        #expect(decoded > 500, "the mutations are too wild to test anything")
    }

    @Test func `random bytes and every truncation never trap`() {
        for seed in UInt64(0)..<10_000 {
            var random = SeededRandom(seed: seed)
            _ = RecordCodecTests.decode(random.bytes(random.below(64)), seed)
        }
        for seed in UInt64(0)..<100 {
            var random = SeededRandom(seed: seed)
            let bytes = RandomRecords.record(&random).encoded.prefix(500)
            for count in 0..<bytes.count {
                _ = RecordCodecTests.decode(Array(bytes.prefix(count)), seed)
            }
        }
    }

    private static func decode(_ bytes: [UInt8], _ seed: UInt64) -> TransactionRecord? {
        do {
            return try TransactionRecord(decoding: bytes)
        } catch {
            #expect([.undecodable, .journalVersion].contains(error.code), "seed \(seed)")
            return nil
        }
    }

    private static func refusal(_ bytes: [UInt8]) -> ErrorCode? {
        do {
            _ = try TransactionRecord(decoding: bytes)
            return nil
        } catch {
            return error.code
        }
    }

    private static func mutated(
        _ bytes: [UInt8], _ random: inout SeededRandom
    ) -> [UInt8] {
        var result = bytes
        for _ in 0...random.below(3) {
            guard !result.isEmpty else { return result }
            switch random.below(5) {
            case 0: result.removeLast(random.below(result.count))
            case 1: result[random.below(result.count)] ^= 1 << UInt8(random.below(8))
            case 2: result[random.below(min(40, result.count))] = UInt8(random.below(256))
            case 3: result.insert(UInt8(random.below(256)), at: random.below(result.count))
            default: result.remove(at: random.below(result.count))
            }
        }
        return result
    }
}

@Suite struct RecordOpeningTests {
    private static func record(_ step: TransactionRecord.Step) -> TransactionRecord {
        var outline = Outline()
        for (index, trigger) in [DurableAction.Trigger.commit, .rollback, .commit].enumerated() {
            outline.actions.append(
                DurableAction(
                    session: SessionID(high: 5, low: UInt64(index)), partition: 3,
                    kind: Kind(unchecked: "k\(index)"), record: [UInt8(index)],
                    headers: [Header("a", "b")], lease: 70, trigger: trigger))
        }
        return TransactionRecord(
            step, TransactionID(uuid: SessionID(high: 1, low: 1)),
            time: Timestamp(milliseconds: 1_000), outline: outline)
    }

    @Test func `a decision opens what waits for a commit, a rollback what waits for that`() {
        #expect(
            RecordOpeningTests.record(.committed).openings.map(\.session.low) == [0, 2])
        #expect(RecordOpeningTests.record(.rolledBack).openings.map(\.session.low) == [1])
    }

    @Test func `what tells others of a decision begins with it, behind all else`() throws {
        for step in TransactionRecord.Step.allCases {
            var record = RecordOpeningTests.record(step)
            record.outline.messages = [OutboxMessage(topic: "t", key: nil, value: nil)]
            #expect(record.finishOpening == nil)
            record.outline.finish = DurableAction(
                session: record.transaction.finishSession, partition: 4, kind: .transactionFinish,
                record: [7], lease: 60)
            guard let finish = record.finishOpening else {
                #expect(step != .committed)
                continue
            }
            #expect(step == .committed)
            // Two sessions, the outcome, the message.
            #expect(finish.index >= record.openings.count + 1 + record.outline.messages.count)
            #expect(finish.index < Position.maxBatch)
            #expect((finish.event.sequence, finish.event.partition) == (1, 4))
            #expect(
                finish.event.body
                    == .opened(
                        Event.Opening(
                            kind: .transactionFinish, record: [7], headers: [],
                            lease: Timestamp(milliseconds: 1_060),
                            time: Timestamp(milliseconds: 1_000))))
        }
    }

    @Test func `no other step opens anything`() {
        for step in TransactionRecord.Step.allCases where step != .committed && step != .rolledBack
        {
            #expect(RecordOpeningTests.record(step).openings.isEmpty)
            #expect(RecordOpeningTests.record(step).outcome == nil)
        }
    }

    @Test func `a session is its opener's for the lease, from the outcome on`() throws {
        let event = try #require(RecordOpeningTests.record(.committed).openings.first)
        #expect((event.sequence, event.partition) == (1, 3))
        #expect(
            event.body
                == .opened(
                    Event.Opening(
                        kind: Kind(unchecked: "k0"), record: [0], headers: [Header("a", "b")],
                        lease: Timestamp(milliseconds: 1_070),
                        time: Timestamp(milliseconds: 1_000))))
    }

    @Test func `a lease beyond the end of time does not trap`() throws {
        var record = RecordOpeningTests.record(.committed)
        record.time = Timestamp(milliseconds: .max)
        for index in record.outline.actions.indices { record.outline.actions[index].lease = .max }
        #expect(record.openings.count == 2)
    }
}
