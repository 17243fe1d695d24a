/// What happened, for a person.
struct DemoReport: Sendable {
    var world: World
    var progress: Progress
    var kills: Kills
    var census: Census
    var parked: Int

    var text: String {
        let recovered = progress.settled.count
        let ended = progress.completed.union(progress.settled)
        let unheard = progress.opened.subtracting(ended).count
        let never = progress.begun - ended.union(progress.opened).count
        var lines = [
            "",
            "Sign-ups            \(progress.begun)   (seed \(world.seed))",
            "  completed at once \(progress.completed.count)",
            "  recovered         \(recovered)   in \(progress.attempts) attempts, "
                + "at most \(progress.mostAttempts) for one",
            "  answer lost       \(unheard)   completed, and the client never knew",
            "  never opened      \(never)",
            "  parked            \(parked)",
            "Users               KEEP \(census.keep), CLEAN \(census.clean)",
            "Killed (SIGKILL)    \(kills.text)",
            "",
        ]
        for invariant in census.invariants {
            lines.append("  \(invariant.holds ? "✓" : "✗") \(invariant.name)")
            if !invariant.detail.isEmpty { lines.append("      \(invariant.detail)") }
        }
        return lines.joined(separator: "\n")
    }
}
