internal import Model
internal import Transactions

// The driver of the coordinator, as `Coordination` has it: effects become jobs, answers become
// inputs.

extension World {
    mutating func handle(_ input: CoordinatorInput, _ actor: Actor) {
        var effects: [CoordinatorEffect]
        switch actor {
        case .foreground: effects = foreground?.handle(input) ?? []
        case .recovery: effects = recovery?.handle(input) ?? []
        }
        if mutation == .rollsBackAfterDecision, case .failed(let failed, _) = input,
            let coordinator = actor == .foreground ? foreground : recovery,
            coordinator.decision == .committed
        {
            for branch in coordinator.branches
            where branch.state == .committing && branch.number != failed {
                effects.append(.rollBackPrepared(branch.number))
            }
        }
        perform(effects, actor)
    }

    mutating func perform(_ effects: [CoordinatorEffect], _ actor: Actor) {
        for effect in effects { perform(effect, actor) }
    }

    private mutating func perform(_ effect: CoordinatorEffect, _ actor: Actor) {
        switch effect {
        case .prepare(let number): call(.prepare, number, actor)
        case .commitOnePhase(let number, let recording):
            call(.commitOnePhase(recording: recording), number, actor)
        case .askOutcome(let number): call(.askOutcome, number, actor)
        case .commitPrepared(let number):
            if !isDecided { violate(.noCommitBeforeDecision, "branch \(number)") }
            call(.commitPrepared, number, actor)
        case .rollBackActive(let number): call(.rollBackActive, number, actor)
        case .rollBackPrepared(let number):
            call(actor == .foreground ? .letGoAndRollBack : .rollBackPrepared, number, actor)
        case .write(let step, let forced):
            tasks.append(.write(record(step, actor), forced: forced, actor))
        case .forgetOutcome(let number): tasks.append(.forget(number, after: log.count))
        case .retryLater(let number, _):
            if mutation != .stopsRetrying { tasks.append(.retry(number, actor)) }
        case .report(let report): tell(report, actor)
        case .finished:
            if actor == .foreground { foreground = nil } else { recovery = nil }
        }
    }

    private mutating func call(_ verb: Verb, _ number: UInt32, _ actor: Actor) {
        checkVerb(verb, number)
        tasks.append(.call(verb, number, actor))
    }

    mutating func checkVerb(_ verb: Verb, _ number: UInt32) {
        switch verb {
        case .rollBackActive, .rollBackPrepared, .letGoAndRollBack:
            if isDecided { violate(.noRollbackAfterDecision, "branch \(number)") }
        default: break
        }
        if heardReadOnly & 1 << UInt64(number) != 0 {
            violate(.readOnlyIsLeftAlone, "branch \(number) was asked to \(verb)")
        }
    }

    private mutating func tell(_ report: TransactionReport, _ actor: Actor) {
        guard actor == .foreground else { return }
        if told != nil { violate(.callerHearsTheTruth, "told twice") }
        told = report
        if case .inDoubt(let reason) = report, mutation == .tellsRolledBackInDoubt {
            told = .rolledBack(reason: reason)
        }
        if case .committed = report, !isDecided, !isTrivial {
            violate(.callerHearsTheTruth, "told committed, and it is not")
        }
    }

    private func record(
        _ step: TransactionRecord.Step, _ actor: Actor
    ) -> TransactionRecord {
        var outline = Outline()
        if let coordinator = actor == .foreground ? foreground : recovery {
            outline.branches = coordinator.references(for: step)
            if step == .intended { outline.asked = coordinator.asked }
        }
        let isDropped = mutation == .dropsCargo && step == .committed
        if step != .ended, !isDropped { outline.actions = scenario.cargo.actions }
        return TransactionRecord(step, Scenario.id, time: .zero, outline: outline)
    }

    // MARK: Answers

    /// How an outstanding call ends.
    enum Ending: Hashable {
        case done
        /// Nothing happened, and that is all the caller learns: that it failed.
        case failed
        /// It happened, and the answer was lost.
        case lost
        /// The caller gives up waiting; it happens later, or never.
        case delayed
        /// The log has no room.
        case refused
        /// The log failed; the record is on disk or not.
        case logFailed(onDisk: Bool)
    }

    mutating func end(_ index: Int, _ ending: Ending) {
        switch tasks.remove(at: index) {
        case .call(let verb, let number, let actor): end(verb, number, actor, ending)
        case .write(let record, let forced, let actor): end(record, forced, actor, ending)
        case .retry(let number, let actor): handle(.retry(number), actor)
        case .forget(let number, _): forget(number)
        }
    }

    private mutating func end(
        _ verb: Verb, _ number: UInt32, _ actor: Actor, _ ending: Ending
    ) {
        var answer: SimulatedBranch.Answer?
        if ending == .done || ending == .lost {
            answer = branches[index(number)].take(verb, mutation: mutation)
        }
        if ending == .delayed { strays.append(Stray(verb: verb, number: number)) }
        handle(World.input(verb, number, ending == .done ? answer : nil, mutation), actor)
        if ending == .done, case .voted(.readOnly) = answer {
            heardReadOnly |= 1 << UInt64(number)
        }
    }

    private static func input(
        _ verb: Verb, _ number: UInt32, _ answer: SimulatedBranch.Answer?, _ mutation: Mutation?
    ) -> CoordinatorInput {
        let reason = "it failed"
        switch (verb, answer) {
        case (.prepare, .voted(let vote)):
            return .voted(number, mutation == .forgetsReadOnly ? .prepared : vote)
        case (.prepare, _): return .prepareFailed(number, reason: reason)
        case (.commitOnePhase, .outcome(let outcome)), (.askOutcome, .outcome(let outcome)):
            return .onePhase(number, outcome, reason: reason)
        case (.commitOnePhase, _), (.askOutcome, _):
            return mutation == .lostAnswerIsNo
                ? .onePhase(number, .notCommitted, reason: reason)
                : .onePhaseLost(number, reason: reason)
        case (_, .heuristic(let outcome)):
            return mutation == .hidesHeuristics
                ? .finished(number) : .heuristic(number, outcome, reason: reason)
        case (_, .finished), (.rollBackActive, _): return .finished(number)
        default: return .failed(number, reason: reason)
        }
    }

    private mutating func end(
        _ record: TransactionRecord, _ forced: Bool, _ actor: Actor, _ ending: Ending
    ) {
        switch ending {
        case .refused: handle(.writeRefused(record.step, reason: "it failed"), actor)
        case .logFailed(let onDisk):
            if onDisk { append(record) }
            if mutation == .goesOnAfterLogFailed {
                durable = log.count
                return handle(.writeRefused(record.step, reason: "it failed"), actor)
            }
            let kept = onDisk ? log.count : durable
            handle(.writeLost(record.step, reason: "it failed"), actor)
            crash(keeping: kept)
        default:
            append(record)
            let pretends =
                mutation == .decisionNotForced && record.step == .committed
                || mutation == .intentNotForced && record.step == .intended
            if forced, !pretends { durable = log.count }
            handle(.written(record.step), actor)
        }
    }

    private mutating func forget(_ number: UInt32) {
        var table = TransactionTable()
        for record in log[min(retired, durable)..<durable] { table.apply(record, at: .none) }
        if let live = table[Scenario.id], live.phase == .intended {
            violate(.evidenceIsKept, "the log would have to ask branch \(number)")
        }
        branches[index(number)].hasRecord = false
    }
}
