internal import Reprise

/// The world after the last session: who ended how, and whether anything was broken.
struct Census: Sendable {
    var keep = 0
    var clean = 0
    var invariants: [(name: String, holds: Bool, detail: String)] = []

    var holds: Bool { invariants.allSatisfy(\.holds) }

    /// - Parameters:
    ///   - others: the users that were there before.
    ///   - left: sessions that nobody finished.
    init(
        users: UserBook, profiles: ProfileBook, others: [User], progress: Progress, plan: Plan,
        node: Exposition, workers: [Exposition], left: [Session]
    ) {
        let strangers = Set(others.map(\.id))
        let profiled = Set(profiles.users)
        let ours = users.users.filter { !strangers.contains($0.id) }
        keep = ours.count { $0.active && profiled.contains($0.id) }
        clean = progress.begun - ours.count
        checkUsers(ours, profiled, strangers)
        check(
            "no active user was ever deleted", users.activeDeleted == 0, "\(users.activeDeleted)")
        checkSignUps(Set(ours.compactMap { Census.index(of: $0) }), progress, plan)
        let touched = others.filter { !users.users.contains($0) }
        check(
            "nobody else's user was touched", touched.isEmpty,
            "touched: \(touched.map(\.nick).prefix(10))")
        checkLogs(node, workers, left)
    }

    private mutating func checkUsers(
        _ ours: [User], _ profiled: Set<String>, _ strangers: Set<String>
    ) {
        let halves = ours.filter { !$0.active || !profiled.contains($0.id) }
        let orphans = profiled.subtracting(ours.map(\.id)).subtracting(strangers)
        check(
            "every user ended KEEP or CLEAN", halves.isEmpty && orphans.isEmpty,
            "halves: \(halves.map { "\($0.nick) of session \($0.key)" }.prefix(10)), "
                + "profiles without user: \(orphans.sorted().prefix(10))")
    }

    /// What the clients and the handler wrote down, against the users that are there.
    private mutating func checkSignUps(_ kept: Set<Int>, _ progress: Progress, _ plan: Plan) {
        let undone = progress.completed.subtracting(kept)
        check(
            "every completed sign-up is kept", undone.isEmpty,
            "completed but gone: \(undone.sorted().prefix(10))")
        let tooMany = kept.filter { plan.signUp($0).mustEndClean }
        check(
            "what failed before its user was active left nothing", tooMany.isEmpty,
            "still there: \(tooMany.sorted().prefix(10))")
        // A completion whose answer was lost is in no diary; its user is there.
        let lost = progress.opened.subtracting(progress.completed).subtracting(progress.settled)
            .subtracting(kept)
        check(
            "no acknowledged session was lost", lost.isEmpty,
            "neither completed nor recovered: \(lost.sorted().prefix(10))")
    }

    private mutating func checkLogs(_ node: Exposition, _ workers: [Exposition], _ left: [Session])
    {
        check(
            "no session is left", left.isEmpty,
            left.prefix(10).map { "\($0.id) \($0.phase)" }.joined(separator: ", "))
        func sum(_ name: String) -> Int { workers.reduce(0) { $0 + $1.sum(name) } }
        let differences =
            node.absoluteSum("reprise_conservation_difference")
            + workers.reduce(0) { $0 + $1.absoluteSum("reprise_conservation_difference") }
        check(
            "opened = completed + parked + cancelled + open + waiting + running",
            differences == 0, "a difference of \(differences)")
        let gaps = ([node] + workers).reduce(0) {
            $0 + $1.sum("reprise_events_ignored_total", "reason=\"gap\"")
        }
        check("no log has a gap", gaps == 0, "\(gaps) gaps")
        let owned = sum("reprise_partition_owned")
        check("every partition has one owner", owned == World.partitions, "\(owned) owned")
        let handed = node.sum("reprise_sessions_handed_over")
        let groupOpened = sum("reprise_sessions_opened")
        let groupCompleted = sum("reprise_sessions_completed")
        let nodeOpened = node.sum("reprise_sessions_opened")
        check(
            "what the node handed over, the group finished",
            handed <= groupCompleted && groupCompleted == groupOpened && groupOpened <= nodeOpened,
            "node: \(nodeOpened) opened, \(handed) handed over; "
                + "group: \(groupOpened) opened, \(groupCompleted) completed")
    }

    private mutating func check(_ name: String, _ holds: Bool, _ detail: String) {
        invariants.append((name, holds, holds ? "" : detail))
    }

    private static func index(of user: User) -> Int? {
        user.nick.hasPrefix("user-") ? Int(user.nick.dropFirst(5)) : nil
    }
}
