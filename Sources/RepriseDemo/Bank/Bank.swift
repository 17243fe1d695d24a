internal import Transactions

/// A database with accounts, between two of which money is transferred.
protocol Bank: TransactionResource where Branch: BankBranch {
    /// Makes its tables and its accounts, 0 to `accounts` - 1, each with that balance.
    func setUp(accounts: Int, balance: Int) async throws

    /// Writes the receipt of a session down; nothing when it is there already.
    func add(_ receipt: Receipt) async throws

    /// Everything that it has.
    func books() async throws -> Books
}

protocol BankBranch: TransactionBranch {
    /// Changes a balance and writes down why. Fails, now or in `prepare`, where the account would be
    /// overdrawn.
    func book(_ entry: Books.Entry) async throws
}

/// The two sides of a transfer. Whoever needs both takes `first` first, so that nobody waits in a
/// circle.
enum Side: String, Codable, Sendable, CaseIterable {
    case first = "bank_first"
    case second = "bank_second"
}

/// What a bank has when all is over.
struct Books: Sendable, Equatable {
    struct Entry: Sendable, Hashable {
        var transfer: Int
        var account: Int
        /// Negative for money that leaves.
        var amount: Int
        /// The id of the transaction that booked it.
        var transaction: String
    }

    var balances: [Int: Int] = [:]
    var entries: [Entry] = []
    var receipts: [Receipt] = []
    /// Branches that are prepared and neither committed nor rolled back.
    var prepared = 0
}

/// The effect of a transfer's durable action.
struct Receipt: Codable, Sendable, Hashable {
    var transfer: Int
    var transaction: String
    /// The session that wrote it: one that runs twice writes one receipt, two sessions would write
    /// two.
    var session = ""
}
