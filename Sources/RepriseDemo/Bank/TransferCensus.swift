/// Both banks, the receipts and the outcome events after the last transfer, against each other and
/// against what the tellers were told.
struct TransferCensus: Sendable {
    private(set) var committed: Set<Int> = []
    private(set) var receipts = 0
    /// Outcome events, of which some came more than once.
    private(set) var events = 0
    private(set) var messages = 0
    private(set) var invariants: [(name: String, holds: Bool, detail: String)] = []

    var holds: Bool { invariants.allSatisfy(\.holds) }

    /// - Parameter left: sessions that nobody finished.
    init(
        plan: TransferPlan, progress: TransferProgress, books: [Side: Books],
        outcomes: [OutcomeNotice], left: Int
    ) {
        let first = books[.first] ?? Books()
        let second = books[.second] ?? Books()
        checkMoney(first, second)
        checkSides(first, second, plan)
        committed = Set(first.entries.map(\.transfer)).union(second.entries.map(\.transfer))
        checkTold(progress, plan)
        let transactions = TransferCensus.transactions(first, second)
        checkReceipts(first.receipts + second.receipts, transactions, left)
        checkOutcomes(outcomes, transactions, progress)
    }

    private mutating func checkMoney(_ first: Books, _ second: Books) {
        let sum = (Array(first.balances.values) + second.balances.values).reduce(0, +)
        check(
            "the sum over both banks is exact", sum == TransferPlan.total,
            "\(sum) instead of \(TransferPlan.total)")
        var wrong: [String] = []
        for (side, books) in [(Side.first, first), (.second, second)] {
            var expected: [Int: Int] = [:]
            for account in 0..<TransferPlan.accounts { expected[account] = TransferPlan.balance }
            for entry in books.entries { expected[entry.account, default: 0] += entry.amount }
            wrong += books.balances.filter { expected[$0.key] != $0.value || $0.value < 0 }
                .map { "\(side.rawValue) \($0.key)" }
        }
        check(
            "every balance is what its entries say, and none is negative", wrong.isEmpty,
            "\(wrong.sorted().prefix(10))")
        let prepared = first.prepared + second.prepared
        check("no branch is left prepared", prepared == 0, "\(prepared) are")
    }

    private mutating func checkSides(_ first: Books, _ second: Books, _ plan: TransferPlan) {
        let (here, there) = (TransferCensus.byTransfer(first), TransferCensus.byTransfer(second))
        let wrong = Set(here.keys).union(there.keys).filter { transfer in
            guard let out = here[transfer], let into = there[transfer] else { return true }
            let planned = plan.transfer(transfer)
            return out.transaction != into.transaction || out.amount != planned.amount(on: .first)
                || into.amount != planned.amount(on: .second)
        }
        check(
            "every transfer is in both banks or in none", wrong.isEmpty,
            "not so: \(wrong.sorted().prefix(10))")
    }

    /// What the tellers were told holds; of what they were not told, either may be true.
    private mutating func checkTold(_ progress: TransferProgress, _ plan: TransferPlan) {
        let lost = progress.committed.subtracting(committed)
        let undead = progress.rolledBack.intersection(committed)
        check(
            "what was told to be committed is there, what was told to be rolled back is not",
            lost.isEmpty && undead.isEmpty,
            "lost: \(lost.sorted().prefix(10)), undead: \(undead.sorted().prefix(10))")
        let tooMany = committed.filter {
            plan.transfer($0).failure != nil || !progress.begun.contains($0)
        }
        check(
            "what failed, or never began, left nothing", tooMany.isEmpty,
            "\(tooMany.sorted().prefix(10))")
    }

    private mutating func checkReceipts(
        _ all: [Receipt], _ transactions: [Int: String], _ left: Int
    ) {
        receipts = all.count
        let counts = Dictionary(all.map { ($0.transfer, 1) }, uniquingKeysWith: +)
        let missing = committed.filter { counts[$0] == nil }
        let twice = counts.filter { $0.value > 1 }.keys
        check(
            "every committed transfer has exactly one receipt, from one session",
            missing.isEmpty && twice.isEmpty,
            "none: \(missing.sorted().prefix(10)), more: \(twice.sorted().prefix(10))")
        let stray = all.filter { transactions[$0.transfer] != $0.transaction }
        check(
            "no other transfer has one", stray.isEmpty,
            "\(stray.map(\.transfer).sorted().prefix(10))")
        check("no session is left", left == 0, "\(left) are")
    }

    private mutating func checkOutcomes(
        _ notices: [OutcomeNotice], _ transactions: [Int: String], _ progress: TransferProgress
    ) {
        messages = notices.count
        let unique = Dictionary(
            notices.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        events = unique.count
        var committedEvents: [String: Int] = [:]
        var rolledBack: Set<String> = []
        for notice in unique.values {
            if notice.isCommitted {
                committedEvents[notice.transaction, default: 0] += 1
            } else {
                rolledBack.insert(notice.transaction)
            }
        }
        let ids = Set(transactions.values)
        let missing = ids.filter { committedEvents[$0] != 1 }
        check(
            "every committed transfer has exactly one event that says so", missing.isEmpty,
            "none, or more: \(missing.sorted().prefix(10))")
        let stray = committedEvents.keys.filter { !ids.contains($0) }
        let both = rolledBack.intersection(ids)
        check(
            "no other transfer has one, and no event says both", stray.isEmpty && both.isEmpty,
            "stray: \(stray.sorted().prefix(10)), both: \(both.sorted().prefix(10))")
        let differing = Set(transactions.filter { progress.transactions[$0.key] != $0.value }.keys)
        check(
            "every transfer is booked under its own transaction", differing.isEmpty,
            "\(differing.sorted().prefix(10))")
    }

    private mutating func check(_ name: String, _ holds: Bool, _ detail: String) {
        invariants.append((name, holds, holds ? "" : detail))
    }

    private static func byTransfer(_ books: Books) -> [Int: Books.Entry] {
        Dictionary(books.entries.map { ($0.transfer, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func transactions(_ first: Books, _ second: Books) -> [Int: String] {
        Dictionary(
            (first.entries + second.entries).map { ($0.transfer, $0.transaction) },
            uniquingKeysWith: { first, _ in first })
    }
}
