internal import Model
internal import Transactions

// Crashes, and what a process does that starts: first its own log, then what the resources hold.

extension World {
    /// The process dies and another one takes its place. What it had sent may still arrive.
    mutating func crash(keeping count: Int) {
        for case .call(let verb, let number, _) in tasks where verb != .askOutcome {
            strays.append(Stray(verb: verb, number: number))
        }
        tasks = []
        foreground = nil
        recovery = nil
        hasStarted = true
        hasCrashed = true
        log.removeSubrange(count...)
        durable = count
        retired = min(retired, count)
        replay()
        adopt()
    }

    /// Takes up what the log has not finished.
    mutating func adopt() {
        guard let live = table[Scenario.id], !isIgnored(live) else { return }
        if isLive { violate(.oneActs, "recovery took up what somebody was at") }
        var coordinator = Coordinator(recovering: live) { name in
            scenario.branches.indices.first { "r\($0 + 1)" == name }.map {
                scenario.branches[$0].abilities
            }
        }
        let effects = coordinator.resume()
        recovery = coordinator
        perform(effects, .recovery)
    }

    private func isIgnored(_ live: LiveTransaction) -> Bool {
        live.phase == .heuristic || mutation == .ignoresIntents && live.phase == .intended
    }

    /// The log has something unfinished that nobody is at.
    var canAdopt: Bool {
        guard let live = table[Scenario.id], !isIgnored(live) else { return false }
        if mutation == .recoversLive, recovery == nil { return true }
        if mutation == .finishesBeforeWriting { return !isLive }
        return !isLive && !hasPendingWrite
    }

    /// The resource lists the branch, and neither the process nor the log knows of it.
    func canSweep(_ number: UInt32) -> Bool {
        guard branches[index(number)].isListed, !branches[index(number)].isDown else {
            return false
        }
        if mutation == .sweepsLive, foreground != nil { return true }
        guard !isLive, !hasPendingWrite else { return false }
        guard let live = table[Scenario.id] else { return true }
        return isIgnored(live) && !isNamed(number)
    }

    private func isNamed(_ number: UInt32) -> Bool {
        table[Scenario.id]?.outline.branches.contains { $0.number == number } ?? false
    }

    /// Presumed abort.
    mutating func sweep(_ number: UInt32) {
        if isLive { violate(.oneActs, "recovery swept up branch \(number) of a live one") }
        let verb = mutation == .presumesCommit ? Verb.commitPrepared : .rollBackPrepared
        checkVerb(verb, number)
        let answer = branches[index(number)].take(verb, mutation: mutation)
        guard case .heuristic(let outcome) = answer, mutation != .hidesHeuristics else { return }
        var outline = Outline()
        outline.branches = table[Scenario.id]?.outline.branches ?? []
        outline.branches.append(
            BranchReference(number: number, resource: "r\(number)", heuristic: outcome))
        append(TransactionRecord(.carriedHeuristic, Scenario.id, time: .zero, outline: outline))
    }
}
