/// What happened to the transfers, for a person.
struct TransferReport: Sendable {
    var plan: TransferPlan
    var place: String
    var progress: TransferProgress
    var kills: TransferKills
    var census: TransferCensus

    var text: String {
        let told = progress.committed.union(progress.rolledBack).union(progress.inDoubt)
        let planned = progress.rolledBack.filter { plan.transfer($0).failure != nil }
        let unheard = progress.begun.subtracting(told)
        let finished = unheard.union(progress.inDoubt).intersection(census.committed)
        var lines = [
            "",
            "Transfers           \(progress.begun.count)   between \(place)",
            "  committed         \(census.committed.count)",
            "  rolled back       \(progress.begun.count - census.committed.count)   "
                + "\(planned.count) because the work failed as planned",
            "  answer lost       \(unheard.count)   their teller was killed in them: "
                + "\(finished.count) were committed, the others left nothing",
            "Receipts            \(census.receipts)   in \(progress.receiptAttempts) attempts",
            "Outcome events      \(census.events)   in \(census.messages) messages",
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

/// How often each was killed.
struct TransferKills: Sendable {
    private var counts: [String: Int] = [:]

    mutating func count(_ target: TransferPlan.Target) {
        counts[TransferKills.name(target), default: 0] += 1
    }

    var text: String {
        let names = ["tellers", "clerks", "database server", "one of its processes"]
        var parts = names.compactMap { name in counts[name].map { "\(name) \($0)" } }
        if let shutdowns = counts["shutdown"] { parts.append("immediate shutdowns \(shutdowns)") }
        return parts.isEmpty ? "nobody" : parts.joined(separator: ", ")
    }

    private static func name(_ target: TransferPlan.Target) -> String {
        switch target {
        case .teller: "tellers"
        case .clerk: "clerks"
        case .server: "database server"
        case .backend: "one of its processes"
        case .shutdown: "shutdown"
        }
    }
}
