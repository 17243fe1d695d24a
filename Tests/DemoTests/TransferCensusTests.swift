import Testing

@testable import RepriseDemo

/// Every way in which the banks, the receipts and the events can be wrong must be seen.
@Suite struct TransferCensusTests {
    private let plan = TransferPlan(seed: 1, transfers: 100)
    /// Two transfers that may commit, and one that must not.
    private let good: Int
    private let other: Int
    private let doomed: Int

    init() throws {
        let plan = self.plan
        let sound = (0..<100).filter { plan.transfer($0).failure == nil }
        good = try #require(sound.first)
        other = try #require(sound.dropFirst().first)
        doomed = try #require((0..<100).first { plan.transfer($0).failure == .atTheEnd })
    }

    /// What a run leaves behind in which `good` was committed and `other` rolled back.
    private struct World {
        var progress = TransferProgress()
        var books: [Side: Books] = [:]
        var outcomes: [OutcomeNotice] = []
        var left = 0
    }

    private var sound: World {
        var world = World()
        world.progress.begun = [good, other, doomed]
        world.progress.transactions = [good: "tx-1", other: "tx-2", doomed: "tx-3"]
        world.progress.committed = [good]
        world.progress.rolledBack = [other, doomed]
        for side in Side.allCases {
            var books = Books()
            for account in 0..<TransferPlan.accounts {
                books.balances[account] = TransferPlan.balance
            }
            world.books[side] = books
        }
        book(good, "tx-1", in: &world)
        world.books[.first]?.receipts = [receipt(good, "tx-1", "s-1")]
        world.outcomes = [
            OutcomeNotice(id: "1", transaction: "tx-1", isCommitted: true),
            OutcomeNotice(id: "2", transaction: "tx-2", isCommitted: false),
            // A repetition.
            OutcomeNotice(id: "1", transaction: "tx-1", isCommitted: true),
        ]
        return world
    }

    private func book(_ index: Int, _ transaction: String, in world: inout World) {
        let transfer = plan.transfer(index)
        for side in Side.allCases {
            let account = transfer.accounts[side] ?? 0
            world.books[side]?.balances[account, default: 0] += transfer.amount(on: side)
            world.books[side]?.entries.append(
                Books.Entry(
                    transfer: index, account: account, amount: transfer.amount(on: side),
                    transaction: transaction))
        }
    }

    private func receipt(_ index: Int, _ transaction: String, _ session: String) -> Receipt {
        Receipt(transfer: index, transaction: transaction, session: session)
    }

    private func broken(_ change: (inout World) -> Void) -> [String] {
        var world = sound
        change(&world)
        let census = TransferCensus(
            plan: plan, progress: world.progress, books: world.books, outcomes: world.outcomes,
            left: world.left)
        #expect(census.holds == census.invariants.allSatisfy(\.holds))
        return census.invariants.filter { !$0.holds }.map(\.name)
    }

    private static let sum = "the sum over both banks is exact"
    private static let balance = "every balance is what its entries say, and none is negative"
    private static let sides = "every transfer is in both banks or in none"
    private static let told =
        "what was told to be committed is there, what was told to be rolled back is not"
    private static let nothing = "what failed, or never began, left nothing"
    private static let one = "every committed transfer has exactly one receipt, from one session"
    private static let event = "every committed transfer has exactly one event that says so"

    @Test func aSoundWorldPasses() {
        #expect(broken { _ in }.isEmpty)
        // Nobody was told, which leaves it open.
        #expect(
            broken { world in
                world.progress.committed = []
                world.progress.rolledBack = [doomed]
            }.isEmpty)
    }

    @Test func moneyThatComesOrGoesIsSeen() {
        #expect(
            broken { $0.books[.first]?.balances[0, default: 0] += 1 } == [Self.sum, Self.balance])
        #expect(
            broken { world in
                world.books[.first]?.balances[0, default: 0] += 1
                world.books[.second]?.balances[0, default: 0] -= 1
            } == [Self.balance])
        #expect(broken { $0.books[.second]?.prepared = 1 } == ["no branch is left prepared"])
    }

    @Test func halfATransferIsSeen() {
        #expect(
            broken { world in
                let entry = world.books[.second]?.entries.removeLast()
                world.books[.second]?.balances[entry?.account ?? 0, default: 0] -=
                    entry?.amount ?? 0
            } == [Self.sum, Self.sides])
    }

    @Test func whatTheTellersWereToldIsHeldAgainstTheBanks() {
        #expect(broken { $0.progress.committed.insert(other) } == [Self.told])
        #expect(
            broken { world in
                world.progress.committed = []
                world.progress.rolledBack.insert(good)
            } == [Self.told])
    }

    @Test func whatHadToFailLeavesNothing() {
        #expect(
            broken { world in
                world.progress.rolledBack.remove(doomed)
                book(doomed, "tx-3", in: &world)
                world.books[.first]?.receipts.append(receipt(doomed, "tx-3", "s-3"))
                world.outcomes.append(
                    OutcomeNotice(id: "3", transaction: "tx-3", isCommitted: true))
            } == [Self.nothing])
    }

    @Test func receiptsAreCounted() {
        #expect(broken { $0.books[.first]?.receipts = [] } == [Self.one])
        #expect(
            broken { $0.books[.first]?.receipts.append(receipt(good, "tx-1", "s-2")) } == [Self.one]
        )
        #expect(
            broken { $0.books[.first]?.receipts.append(receipt(other, "tx-2", "s-2")) } == [
                "no other transfer has one"
            ])
        #expect(broken { $0.left = 1 } == ["no session is left"])
    }

    @Test func eventsAreCounted() {
        #expect(broken { $0.outcomes.removeAll(where: \.isCommitted) } == [Self.event])
        // Another id is another event, not a repetition.
        #expect(
            broken { world in
                world.outcomes.append(
                    OutcomeNotice(id: "9", transaction: "tx-1", isCommitted: true))
            } == [Self.event])
        let name = "no other transfer has one, and no event says both"
        #expect(
            broken { world in
                world.outcomes.append(
                    OutcomeNotice(id: "9", transaction: "tx-2", isCommitted: true))
            } == [name])
        #expect(
            broken { world in
                world.outcomes.append(
                    OutcomeNotice(id: "9", transaction: "tx-1", isCommitted: false))
            } == [name])
        #expect(
            broken { $0.progress.transactions[good] = "tx-9" } == [
                "every transfer is booked under its own transaction"
            ])
    }
}
