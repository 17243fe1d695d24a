import Testing

@testable import RepriseDemo

@Suite struct TransferPlanTests {
    @Test func theSameSeedIsTheSamePlan() {
        func describe(_ seed: UInt64) -> [String] {
            let plan = TransferPlan(seed: seed, transfers: 300)
            return (0..<300).map { index in
                let transfer = plan.transfer(index)
                return "\(transfer.from) \(transfer.amount) \(transfer.accounts[.first] ?? -1) "
                    + "\(transfer.accounts[.second] ?? -1) \(transfer.failure as Any) "
                    + "\(plan.failsReceipt(index, attempt: 1))"
            } + plan.kills(ofServer: true).map { "\($0)" }
        }
        #expect(describe(7) == describe(7))
        #expect(describe(7) != describe(8))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func everyFailureOccursAndMostTransfersCanCommit(seed: UInt64) {
        let plan = TransferPlan(seed: seed, transfers: 3_000)
        let failures = (0..<3_000).compactMap { plan.transfer($0).failure }
        #expect(Set(failures).count == TransferPlan.Failure.allCases.count)
        #expect((200...600).contains(failures.count))
        #expect((0..<3_000).contains { plan.failsReceipt($0, attempt: 1) })
        #expect(!(0..<3_000).contains { plan.failsReceipt($0, attempt: 2) })
    }

    @Test func whatLeavesOneBankArrivesAtTheOther() {
        let plan = TransferPlan(seed: 1, transfers: 100)
        for index in 0..<100 {
            let transfer = plan.transfer(index)
            #expect(transfer.amount(on: .first) + transfer.amount(on: .second) == 0)
            #expect(transfer.amount(on: transfer.from) < 0)
            #expect(transfer.amount <= TransferPlan.total || transfer.failure == .tooMuch)
        }
    }

    @Test func everybodyIsKilledWhileTransfersRun() {
        let plan = TransferPlan(seed: 3, transfers: 3_000)
        let kills = plan.kills(ofServer: true)
        let targets = Set(kills.map(\.target))
        #expect(
            targets.isSuperset(of: [
                .teller(0), .teller(1), .clerk(0), .clerk(1), .backend, .server, .shutdown,
            ]))
        #expect(kills.allSatisfy { (1..<3_000).contains($0.begun) })
        let others = plan.kills(ofServer: false).map(\.target)
        #expect(!others.contains { [.backend, .server, .shutdown].contains($0) })
    }
}
