@testable import Mirror
import Model
import TestSupport
import Testing
import Transactions

/// Outcomes that are too large for Kafka.
@Suite struct OutcomeReductionTests {
    private static let limit = 10_000

    private func announcement(
        _ format: Mirror.OutcomeFormat, records: [Int]
    ) -> Announcement {
        let outcome = TransactionOutcome(
            transaction: MirrorRig.transaction(1), result: .committed,
            time: Timestamp(milliseconds: 1_700_000_000_123), node: "node", journal: 9,
            branches: ["a"],
            actions: records.enumerated().map { index, count in
                DurableAction(
                    session: SessionTrace.id(index + 1), kind: SessionTrace.kind,
                    record: [UInt8](repeating: 7, count: count), headers: [Header("lang", "en")])
            }, headers: [Header("traceparent", "00-1-2-01")])
        return OutcomeMessage.announcement(outcome, 5, format)
    }

    private func outcome(
        _ announcement: Announcement, _ format: Mirror.OutcomeFormat
    ) throws -> TransactionOutcome {
        let value = try #require(announcement.value)
        switch format {
        case .json: return try TransactionOutcome(decodingJSON: value)
        case .protobuf: return try TransactionOutcome(decoding: value)
        }
    }

    @Test(arguments: Mirror.OutcomeFormat.allCases)
    func `the records beyond the limit are left out, and nothing else`(
        format: Mirror.OutcomeFormat
    ) throws {
        let whole = announcement(format, records: [2_000, 50_000, 1_000])
        let (smaller, loss) = try #require(
            OutcomeReduction.smaller(whole, format, limit: Self.limit))
        #expect(loss == .records)
        #expect(smaller.bytes <= Self.limit)
        #expect(smaller.key == whole.key && smaller.headers == whole.headers)
        var expected = try outcome(whole, format)
        expected.actions[1].record = nil
        #expect(try outcome(smaller, format) == expected)
    }

    @Test(arguments: Mirror.OutcomeFormat.allCases)
    func `what is still too large goes without records, then without actions`(
        format: Mirror.OutcomeFormat
    ) throws {
        // Kafka takes less than the limit that is known.
        let whole = announcement(format, records: [100, 200])
        let (bare, loss) = try #require(
            OutcomeReduction.smaller(whole, format, limit: Self.limit))
        #expect(loss == .records)
        #expect(try outcome(bare, format).actions.map(\.record) == [nil, nil])
        let (empty, last) = try #require(
            OutcomeReduction.smaller(bare, format, limit: Self.limit))
        #expect(last == .actions)
        var expected = try outcome(whole, format)
        expected.actions = []
        #expect(try outcome(empty, format) == expected)
        let rest = OutcomeReduction.smaller(empty, format, limit: Self.limit)
        #expect(rest?.loss == nil)
    }
}
