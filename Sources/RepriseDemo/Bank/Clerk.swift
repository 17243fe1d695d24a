internal import Foundation
internal import Logging
internal import Model
internal import Reprise

/// A worker of the recovery group that writes receipts: what follows from each transfer that was
/// committed. Its handler may run twice for a session, and then writes the same receipt.
struct Clerk: RecoveryHandler {
    private let plan: TransferPlan
    private let bank: any Bank
    private let diary: Diary

    static func diary(_ number: Int, in world: World) -> String {
        world.path("clerk-\(number).diary")
    }

    static func run(_ world: World, number: Int) async throws {
        guard let vault = world.vault else { throw DemoError("the run has no banks") }
        let clerk = Clerk(
            plan: world.transferPlan, bank: try vault.bank(.first, in: world),
            diary: try Diary(diary(number, in: world)))
        var logger = Logger(label: "clerk-\(number)")
        logger.logLevel = .warning
        let worker = try await RecoveryWorker.start(
            try world.bankConfiguration("clerk-\(number)"),
            handlers: [try Kind(World.receiptKind): clerk], logger: logger)
        try PortFile.write("up", to: world.path("clerk-\(number).port"))
        try await worker.run()
    }

    func recover(_ session: RecoverySession) async throws -> HandlerOutcome {
        guard let record = session.records.first else {
            return .park(reason: "a receipt without a transfer")
        }
        var receipt = try JSONDecoder().decode(Receipt.self, from: Data(record))
        receipt.session = "\(session.id)"
        diary.write("attempt \(receipt.transfer) \(session.attempt)")
        try await bank.add(receipt)
        if plan.failsReceipt(receipt.transfer, attempt: Int(session.attempt)) {
            throw DemoError("as planned, after the receipt was written")
        }
        return .complete
    }
}
