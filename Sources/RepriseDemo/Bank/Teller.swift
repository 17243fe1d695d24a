internal import Foundation
internal import Logging
internal import Model
internal import Reprise
internal import Synchronization

enum Teller {
    /// Transfers of one process at a time.
    static let concurrency = 12

    static func diary(_ number: Int, in world: World) -> String {
        world.path("teller-\(number).diary")
    }

    static func run(_ world: World, number: Int) async throws {
        guard let vault = world.vault else { throw DemoError("the run has no banks") }
        if let first = try vault.postgres(.first), let second = try vault.postgres(.second) {
            try await TellerProcess(world, number, first, second).work()
        } else {
            try await TellerProcess(
                world, number, try vault.sqlite(.first, in: world),
                try vault.sqlite(.second, in: world)
            ).work()
        }
    }
}

/// A process that transfers money: a node whose transactions go over both banks. What it was killed
/// in, its journal and the banks finish when it is back.
final class TellerProcess<First: Bank, Second: Bank>: Sendable {
    private let world: World
    private let plan: TransferPlan
    private let diary: Diary
    private let reprise: Reprise
    private let first: First
    private let second: Second
    private let kind: Kind
    private let next: Mutex<Int>

    init(_ world: World, _ number: Int, _ first: First, _ second: Second) async throws {
        self.world = world
        plan = world.transferPlan
        self.first = first
        self.second = second
        kind = try Kind(World.receiptKind)
        let path = Teller.diary(number, in: world)
        // One that was killed goes on behind what it had begun; of that, the banks know the end.
        let begun = Diary.read(path).count { $0.first == "began" }
        next = Mutex(begun * World.tellers + number)
        diary = try Diary(path)
        diary.write("started")
        var logger = Logger(label: "teller-\(number)")
        logger.logLevel = .notice
        reprise = try await Reprise.open(
            try world.bankConfiguration("teller-\(number)"), resources: [first, second],
            logger: logger)
        try PortFile.write("up", to: world.path("teller-\(number).port"))
    }

    func work() async throws {
        await withTaskGroup { group in
            for _ in 0..<Teller.concurrency {
                group.addTask { while let index = self.begin() { await self.transfer(index) } }
            }
        }
        diary.write("idle")
        // Recovery goes on: branches of a process that was killed can turn up late.
        while !FileManager.default.fileExists(atPath: world.path("tellers.close")) {
            try await Task.sleep(for: .milliseconds(100))
        }
        while !isSettled { try await Task.sleep(for: .milliseconds(50)) }
        await reprise.close()
    }

    private var isSettled: Bool {
        let status = reprise.sessions.status()
        return reprise.transactions.list().isEmpty && status.mirrored >= status.durable
    }

    private func begin() -> Int? {
        next.withLock { next in
            let index = next
            guard index < plan.transfers else { return nil }
            next += World.tellers
            diary.write("began \(index)")
            return index
        }
    }

    private func transfer(_ index: Int) async {
        let transfer = plan.transfer(index)
        do {
            try await reprise.transactions.run { transaction in
                try await self.book(transfer, index, in: transaction)
            }
            diary.write("committed \(index)")
        } catch let error as RepriseError where error.code == .transactionInDoubt {
            diary.write("in-doubt \(index)")
        } catch {
            diary.write("rolled-back \(index)")
            if transfer.failure == nil { await banksAreBack() }
        }
    }

    private func book(
        _ transfer: TransferPlan.Transfer, _ index: Int, in transaction: Transaction
    ) async throws {
        let id = "\(transaction.id)"
        diary.write("as \(index) \(id)")
        func entry(_ side: Side) -> Books.Entry {
            Books.Entry(
                transfer: index, account: transfer.accounts[side] ?? 0,
                amount: transfer.amount(on: side), transaction: id)
        }
        try await transaction.enlist(first).book(entry(.first))
        if transfer.failure == .betweenTheBanks { throw DemoError("as planned") }
        try await transaction.enlist(second).book(entry(.second))
        let receipt = Receipt(transfer: index, transaction: id)
        try transaction.afterCommit(kind, Array(try JSONEncoder().encode(receipt)))
        if transfer.failure == .atTheEnd { throw DemoError("as planned") }
    }

    /// Banks that are being started again get no storm of transfers that must fail.
    private func banksAreBack() async {
        for _ in 0..<100 {
            let answers = [
                try? await first.preparedBranches(), try? await second.preparedBranches(),
            ]
            if !answers.contains(nil) { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
