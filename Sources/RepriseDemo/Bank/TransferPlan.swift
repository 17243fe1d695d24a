/// Every transfer and everything that goes wrong with it, out of the seed.
struct TransferPlan: Sendable {
    let seed: UInt64
    let transfers: Int

    /// Accounts of each bank, and what is in them at first.
    static let accounts = 100
    static let balance = 1_000
    static var total: Int { accounts * balance * Side.allCases.count }

    enum Failure: Sendable, Hashable, CaseIterable {
        /// The work throws when one bank has booked.
        case betweenTheBanks
        /// The work throws when both have.
        case atTheEnd
        /// More than there is: the bank refuses.
        case tooMuch
    }

    struct Transfer: Sendable {
        var from: Side
        /// The accounts by the side that has them.
        var accounts: [Side: Int]
        var amount: Int
        /// It must not commit.
        var failure: Failure?

        func amount(on side: Side) -> Int { side == from ? -amount : amount }
    }

    enum Target: Sendable, Hashable {
        /// A process that coordinates transfers.
        case teller(Int)
        /// A worker that writes receipts.
        case clerk(Int)
        /// One process of the database server, which takes all others down with it.
        case backend
        /// The database server itself.
        case server
        /// The database server, by an immediate shutdown.
        case shutdown
    }

    struct Kill: Sendable {
        /// When so many transfers have begun.
        var begun: Int
        var target: Target
    }

    func transfer(_ index: Int) -> Transfer {
        var random = generator(11, index)
        let from: Side = random.next(below: 2) == 0 ? .first : .second
        let accounts = [
            Side.first: random.next(below: TransferPlan.accounts),
            Side.second: random.next(below: TransferPlan.accounts),
        ]
        let chance = random.next(below: 100)
        let failures = Failure.allCases
        let failure = chance < 12 ? failures[chance % failures.count] : nil
        let amount = 1 + random.next(below: 200)
        return Transfer(
            from: from, accounts: accounts,
            amount: failure == .tooMuch ? TransferPlan.total + amount : amount, failure: failure)
    }

    /// The handler fails after it has written the receipt: its session runs again.
    func failsReceipt(_ index: Int, attempt: Int) -> Bool {
        guard attempt == 1 else { return false }
        var random = generator(12, index)
        return random.next(below: 100) < 10
    }

    /// By when they are due.
    func kills(ofServer: Bool) -> [Kill] {
        var random = generator(13, 0)
        var targets: [Target] = [
            .teller(0), .teller(1), .teller(random.next(below: 2)), .teller(random.next(below: 2)),
            .clerk(0), .clerk(1),
        ]
        if ofServer { targets += [.backend, .server, .server, .shutdown] }
        return targets.map { target in
            Kill(begun: transfers * (5 + random.next(below: 86)) / 100, target: target)
        }.sorted { $0.begun < $1.begun }
    }

    private func generator(_ stream: UInt64, _ index: Int) -> SeededRandom {
        var mixed = SeededRandom(state: seed &+ stream &* 0xD1B5_4A32_D192_ED03)
        return SeededRandom(state: mixed.next() ^ UInt64(truncatingIfNeeded: index) << 20)
    }
}
