import Journal
import Logging
import Model
import Sessions
import TestSupport
import Transactions
import WAL

/// What tests of the mirror's thread begin with.
enum MirrorRig {
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// A node's journal in memory.
    static func journal(
        _ change: (inout Journal.Options) -> Void = { _ in }
    ) throws -> Journal {
        var policy = KindPolicy()
        policy.lease = 3_600_000
        var options = Journal.Options(
            node: "node", directory: "/journal", policies: [SessionTrace.kind: policy])
        options.log.segmentBytes = 4 << 20
        options.isMirrored = true
        change(&options)
        return try Journal.open(options, files: SimulatedFileSystem(), logger: logger) { _ in }
    }

    static func transaction(_ number: UInt64) -> TransactionID {
        TransactionID(uuid: SessionID(high: 1, low: number))
    }

    /// Writes the decision over durable work alone.
    static func commit(
        _ number: UInt64, to journal: Journal, _ change: (inout Outline) -> Void
    ) async throws {
        var outline = Outline()
        change(&outline)
        _ = try await journal.writeDurably(
            TransactionRecord(
                .committed, transaction(number), time: journal.now(), outline: outline),
            use: .normal)
    }
}
