internal import Foundation
import Testing
import TransactionSimulation

@Suite struct CrashMatrixTests {
    /// Added to the faults of every scenario. A fault more is about five times the states.
    static let moreFaults =
        ProcessInfo.processInfo.environment["REPRISE_TRANSACTION_FAULTS"].flatMap { Int($0) } ?? 0

    /// Every order of answers, losses, crashes and restarts within the bound of faults.
    @Test(arguments: Scenario.all)
    func `every property holds in every state`(scenario: Scenario) {
        let scenario = scenario.withFaults(scenario.faults + CrashMatrixTests.moreFaults)
        let search = Explorer.explore(scenario)
        print("\(scenario): \(search.states) states, \(search.ends) ends")
        #expect(search.failure == nil, "\(search.failure.map(\.description) ?? "")")
        #expect(search.ends > 0)
    }

    /// A search that meets no trouble proves nothing.
    @Test func `the search comes upon everything`() {
        var found: Set<Milestone> = []
        for scenario in Scenario.all {
            found.formUnion(Explorer.explore(scenario.withFaults(1)).milestones)
        }
        let missing = Set(Milestone.allCases).subtracting(found)
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test func `without faults and crashes nothing is recovered`() {
        let recovery: Set<Milestone> = [
            .recoveryAsks, .recoveryCommits, .recoveryRollsBack, .sweptUp, .adoptedWithoutCrash,
        ]
        for scenario in Scenario.all {
            let search = Explorer.explore(scenario.withFaults(0))
            #expect(search.failure == nil)
            #expect(search.milestones.isDisjoint(with: recovery), "\(scenario)")
        }
    }

    /// The search can fail: each of these defects is found, with two faults at most.
    @Test(arguments: Mutation.allCases)
    func `finds the defect`(mutation: Mutation) throws {
        let failure = try #require(
            CrashMatrixTests.find(mutation), "\(mutation) is not found")
        print("\(mutation): \(failure.scenario): \(failure.violation)")
        #expect(!failure.trace.isEmpty)
    }

    private static func find(_ mutation: Mutation) -> Explorer.Failure? {
        for faults in 0...2 {
            for scenario in Scenario.all {
                let search = Explorer.explore(scenario.withFaults(faults), mutation: mutation)
                if let failure = search.failure { return failure }
            }
        }
        return nil
    }
}
