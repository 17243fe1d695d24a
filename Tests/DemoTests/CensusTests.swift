import Testing

@testable import RepriseDemo

/// Every way in which a world can be broken must be seen.
@Suite struct CensusTests {
    private let plan = Plan(seed: 1, signUps: 1_000)
    private let other = User(id: "1", nick: "other-0", key: "elsewhere-0", active: false)
    /// A sign-up that nothing stops, and one that must end clean.
    private let smooth: Int
    private let doomed: Int

    init() throws {
        let plan = self.plan
        smooth = try #require((0..<1_000).first { !plan.signUp($0).mustEndClean })
        doomed = try #require((0..<1_000).first { plan.signUp($0).mustEndClean })
    }

    private func user(_ index: Int, active: Bool = true) -> User {
        User(id: "2", nick: "user-\(index)", key: "key", active: active)
    }

    private func broken(
        _ users: [User], profiles: [String], activeDeleted: Int = 0,
        opened: Set<Int> = [], completed: Set<Int> = [], node: String = "", owned: Int = 4
    ) -> [String] {
        var progress = Progress()
        progress.begun = 2
        progress.opened = opened
        progress.completed = completed
        let census = Census(
            users: UserBook(users: users, activeDeleted: activeDeleted),
            profiles: ProfileBook(users: profiles), others: [other], progress: progress,
            plan: plan, node: Exposition(node),
            workers: [Exposition("reprise_partition_owned \(owned)\n")], left: [])
        #expect(census.holds == census.invariants.allSatisfy(\.holds))
        return census.invariants.filter { !$0.holds }.map(\.name)
    }

    @Test func aSoundWorldPasses() {
        #expect(
            broken([other, user(smooth)], profiles: ["2"], opened: [smooth], completed: [smooth])
                .isEmpty)
    }

    @Test func halvesAreSeen() {
        let name = "every user ended KEEP or CLEAN"
        #expect(broken([other, user(smooth, active: false)], profiles: ["2"]) == [name])
        #expect(broken([other, user(smooth)], profiles: []) == [name])
        #expect(broken([other], profiles: ["2"]) == [name])
    }

    @Test func whatWasTakenFromOthersIsSeen() {
        let name = "nobody else's user was touched"
        #expect(broken([], profiles: []) == [name])
        var changed = other
        changed.changes += 1
        #expect(broken([changed], profiles: []) == [name])
    }

    @Test func lostWorkIsSeen() {
        #expect(
            broken([other], profiles: [], opened: [smooth], completed: [smooth])
                == ["every completed sign-up is kept"])
        #expect(
            broken([other], profiles: [], opened: [doomed]) == ["no acknowledged session was lost"])
        #expect(
            broken([other], profiles: [], activeDeleted: 1)
                == ["no active user was ever deleted"])
    }

    @Test func whatShouldHaveBeenUndoneIsSeen() {
        #expect(
            broken([other, user(doomed)], profiles: ["2"])
                == ["what failed before its user was active left nothing"])
    }

    @Test func theLogsAreLookedAt() {
        #expect(
            broken([other], profiles: [], node: "reprise_conservation_difference -1\n")
                == ["opened = completed + parked + cancelled + open + waiting + running"])
        #expect(
            broken([other], profiles: [], node: "reprise_sessions_handed_over 1\n")
                == ["what the node handed over, the group finished"])
        let gap = #"reprise_events_ignored_total{reason="gap"} 1"# + "\n"
        #expect(broken([other], profiles: [], node: gap) == ["no log has a gap"])
        #expect(broken([other], profiles: [], owned: 3) == ["every partition has one owner"])
    }

    @Test func differencesDoNotCancelOut() {
        let text = """
            # TYPE reprise_conservation_difference gauge
            reprise_conservation_difference{partition="0"} 2
            reprise_conservation_difference{partition="1"} -2
            reprise_sessions{partition="0",phase="open"} 3
            reprise_sessions{partition="0",phase="parked"} 5

            """
        let exposition = Exposition(text)
        #expect(exposition.absoluteSum("reprise_conservation_difference") == 4)
        #expect(exposition.unfinished == 3)
    }
}
