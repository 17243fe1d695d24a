internal import Coordination
internal import Journal
internal import Model
internal import Platform
internal import Transactions
internal import WAL

/// Folds the journal of a stopped node. Writes nothing.
struct JournalTransactionSource: TransactionReader {
    private let shown: [ShownTransaction]

    /// - Throws: `journalIO` where there is no journal, and what keeps it from being read.
    init(directory: String) throws(RepriseError) {
        // Looking must not make a journal where there was none.
        guard let names = try? RealFileSystem().list(directory), !names.isEmpty else {
            throw RepriseError(
                .journalIO, "There is no journal in \(directory). Name a node's journal.directory.")
        }
        let table = Folded()
        try LogDump.forEachFrame(directory: directory) { (place, payload) in
            guard place.kind == FrameKind.transaction.rawValue,
                let record = try? TransactionRecord(decoding: payload)
            else { return }
            table.transactions.apply(record, at: Position(sequence: place.lsn.rawValue))
        }
        let views = table.transactions.live.values.map { TransactionView($0) }
        shown = views.sorted { $0.cursor < $1.cursor }.map { ShownTransaction($0) }
    }

    /// The frames come to a closure that may be kept.
    private final class Folded {
        var transactions = TransactionTable()
    }

    func list(limit: Int) async throws -> [ShownTransaction] { Array(shown.prefix(limit)) }

    func get(_ id: TransactionID) async throws -> ShownTransaction {
        guard let found = shown.first(where: { $0.id == "\(id)" }) else {
            throw RepriseError(
                .transactionNotFound,
                "Transaction \(id) is not in this journal: it has ended, or never prepared.")
        }
        return found
    }
}
