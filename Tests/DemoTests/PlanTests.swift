import Testing

@testable import RepriseDemo

@Suite struct PlanTests {
    @Test func theSameSeedIsTheSamePlan() {
        let (first, second, other) = (
            Plan(seed: 7, signUps: 500), Plan(seed: 7, signUps: 500),
            Plan(seed: 8, signUps: 500)
        )
        #expect(describe(first) == describe(second))
        #expect(describe(first) != describe(other))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aThousandSignUpsMeetEveryRowOfTheTable(seed: UInt64) {
        let plan = Plan(seed: seed, signUps: 1_000)
        var rows: Set<String> = []
        for index in 0..<1_000 {
            if let failure = plan.signUp(index).failure { rows.insert("\(failure)") }
        }
        #expect(rows.count == Plan.Step.allCases.count * 3)
        var handlerRows: Set<String> = []
        for index in 0..<2_000 {
            if let failure = plan.handlerFailure(index / 2, run: 1 + index % 2) {
                handlerRows.insert("\(failure.step) \(failure.how == .killed)")
            }
        }
        #expect(handlerRows.count == Plan.SubStep.allCases.count * 2)
    }

    @Test func handlersSucceedInTheEnd() {
        let plan = Plan(seed: 1, signUps: 1_000)
        #expect((0..<1_000).allSatisfy { plan.handlerFailure($0, run: 3) == nil })
    }

    @Test func everybodyIsKilledWhileSignUpsRun() {
        let plan = Plan(seed: 3, signUps: 1_000)
        let targets = plan.kills.map(\.target)
        #expect(targets.count { $0 == .handler } == 3)
        #expect(targets.count { $0 == .node } == 3)
        #expect(Set(targets).isSuperset(of: [.worker(0), .worker(1)]))
        #expect(plan.kills.allSatisfy { (1..<1_000).contains($0.begun) })
    }

    @Test func whatFailsBeforeTheUserIsActiveEndsClean() {
        var signUp = Plan.SignUp(nick: "user-1", isTaken: false, failure: nil, pauses: [])
        #expect(!signUp.mustEndClean)
        signUp.failure = (.activate, .after)
        #expect(!signUp.mustEndClean)
        signUp.failure = (.activate, .before)
        #expect(signUp.mustEndClean)
        signUp.failure = (.open, .killed)
        #expect(signUp.mustEndClean)
        signUp.isTaken = true
        signUp.failure = nil
        #expect(signUp.mustEndClean)
    }

    private func describe(_ plan: Plan) -> [String] {
        (0..<plan.signUps).map {
            "\(plan.signUp($0)) \(plan.handlerFailure($0, run: 1) as Any)"
        }
            + plan.kills.map { "\($0)" }
    }
}
