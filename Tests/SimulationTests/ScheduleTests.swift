import Simulation
import Testing

@Suite struct ScheduleTests {
    static let parts: UInt64 = 8
    static let schedulesInPart: UInt64 = 1_250

    /// Ten thousand schedules. `make simulate` runs any number; a failure prints the seed, and
    /// `reprise-simulate --seed N` replays it.
    @Test(arguments: 0..<parts)
    func everyPropertyHolds(part: UInt64) {
        let first = 1 + part * Self.schedulesInPart
        let failure = Simulator.firstFailure(in: first..<(first + Self.schedulesInPart))
        #expect(failure == nil, "\(failure.map(\.description) ?? "")")
    }

    /// A simulator that meets no trouble proves nothing.
    @Test func schedulesComeUponEverything() {
        // Rare; `make simulate` meets it.
        let rare: Set<Coverage.Milestone> = [.trimmedUnderReader]
        let missing = Set(Simulator.coverage(of: 1...1_500).missing).subtracting(rare)
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func aSeedIsASchedule(seed: UInt64) {
        #expect(Simulator.trace(of: seed) == Simulator.trace(of: seed))
    }

    /// The checker can fail: each of these defects is found.
    @Test(arguments: Mutation.allCases)
    func findsTheDefect(_ mutation: Mutation) throws {
        let failure = try #require(
            Simulator.firstFailure(in: 1...1_500, mutation: mutation), "\(mutation) is not found")
        // A seed is enough to see it again.
        let again = Simulator.replay(failure.seed, mutation: mutation)
        #expect(again?.violation.property == failure.violation.property)
        #expect(again?.trace == failure.trace)
    }
}
