import Model
import TestSupport
import Testing
import Transactions

/// Any input in any state: effects or none, never a trap, and the two rules hold.
@Suite struct TotalityTests {
    @Test(arguments: 0..<4)
    func `any inputs in any order break no rule`(part: Int) throws {
        for round in 0..<1_500 {
            let seed = UInt64(part * 1_500 + round)
            var random = SeededRandom(seed: seed)
            var watch = EffectWatch(try TotalityTests.coordinator(&random))
            for _ in 0..<60 {
                let input =
                    random.chance(70) ? watch.expected(&random) : random.pick(Inputs.all)
                if let broken = watch.handle(input) {
                    Issue.record("seed \(seed): \(broken)")
                    return
                }
            }
        }
    }

    private static func coordinator(_ random: inout SeededRandom) throws -> Coordinator {
        var coordinator = Coordinator(Coordinators.id)
        for index in 0..<random.below(4) {
            let abilities = random.pick([
                Coordinators.plain, Coordinators.able, Coordinators.last, Coordinators.bare,
            ])
            // A second last resource is refused.
            _ = try? coordinator.enlist("r\(index + 1)", abilities: abilities)
        }
        coordinator.load(
            hasCargo: random.chance(50), recordsRollback: random.chance(50),
            recordsCommit: random.chance(50))
        return coordinator
    }

    @Test func `the same input twice gives nothing the second time`() throws {
        for seed in UInt64(0)..<1_000 {
            var random = SeededRandom(seed: seed)
            var watch = EffectWatch(try TotalityTests.coordinator(&random))
            for _ in 0..<25 {
                let input = watch.expected(&random)
                _ = watch.handle(input)
                // A lost answer leads to a question, and the question's answer can be lost as well.
                if case .onePhaseLost = input { continue }
                let after = watch.coordinator
                #expect(watch.coordinator.handle(input).isEmpty, "seed \(seed): \(input)")
                #expect(watch.coordinator == after, "seed \(seed): \(input)")
            }
        }
    }

    @Test func `branches that do not exist mean nothing, in every state`() throws {
        for state in [
            try Coordinators.active(Coordinators.plain, Coordinators.plain),
            try Coordinators.deciding(), try Coordinators.decided(),
            try Coordinators.rollingBack(), try Coordinators.asking(),
        ] {
            for number: UInt32 in [0, 3, .max] {
                for input: CoordinatorInput in [
                    .voted(number, .prepared), .prepareFailed(number, reason: "no"),
                    .onePhase(number, .committed, reason: ""),
                    .onePhaseLost(number, reason: "cut"), .finished(number),
                    .failed(number, reason: "down"),
                    .heuristic(number, .committed, reason: ""), .retry(number),
                ] {
                    var coordinator = state
                    #expect(coordinator.handle(input).isEmpty)
                    #expect(coordinator == state)
                }
            }
        }
    }
}

/// Remembers what a coordinator asked for, answers that at random, and looks whether it kept the
/// rules.
struct EffectWatch {
    var coordinator: Coordinator
    private var outstanding: [CoordinatorEffect] = []
    private var hasDecided = false
    private var reports = 0
    private var hasFinished = false

    init(_ coordinator: Coordinator) {
        self.coordinator = coordinator
    }

    /// Something that a driver might say now.
    mutating func expected(_ random: inout SeededRandom) -> CoordinatorInput {
        if outstanding.isEmpty || random.chance(5) {
            return random.chance(70) ? .commit : .rollBack(reason: "no")
        }
        let effect = outstanding.remove(at: random.below(outstanding.count))
        let reason = random.chance(30) ? "" : "reason"
        switch effect {
        case .prepare(let number):
            return random.chance(75)
                ? .voted(number, random.chance(70) ? .prepared : .readOnly)
                : .prepareFailed(number, reason: reason)
        case .write(let step, _):
            if random.chance(75) { return .written(step) }
            return random.chance(80)
                ? .writeRefused(step, reason: reason) : .writeLost(step, reason: reason)
        case .commitOnePhase(let number, _), .askOutcome(let number):
            if random.chance(40) { return .onePhaseLost(number, reason: reason) }
            return .onePhase(
                number, random.chance(70) ? .committed : .notCommitted, reason: reason)
        case .commitPrepared(let number), .rollBackActive(let number),
            .rollBackPrepared(let number):
            if random.chance(60) { return .finished(number) }
            return random.chance(70)
                ? .failed(number, reason: reason)
                : .heuristic(number, random.pick([.committed, .notCommitted]), reason: reason)
        case .retryLater(let number, _): return .retry(number)
        case .forgetOutcome, .report, .finished: return .commit
        }
    }

    /// What rule the answer to `input` broke; nil if none.
    mutating func handle(_ input: CoordinatorInput) -> String? {
        let before = coordinator.status
        let effects = coordinator.handle(input)
        if hasFinished, !effects.isEmpty { return "\(input) after the end gave \(effects)" }
        if before != coordinator.status, before.isFinal { return "\(before) was left" }
        if coordinator.decision == .committed { hasDecided = true }
        if hasDecided, coordinator.decision != .committed { return "the decision was taken back" }
        for effect in effects {
            if let broken = check(effect) { return "\(input): \(broken)" }
            switch effect {
            case .report, .finished, .forgetOutcome: break
            default: outstanding.append(effect)
            }
        }
        return nil
    }

    private mutating func check(_ effect: CoordinatorEffect) -> String? {
        switch effect {
        case .rollBackActive, .rollBackPrepared, .write(.rolledBack, _):
            if hasDecided { return "\(effect) after the decision" }
        case .commitPrepared:
            if !hasDecided { return "\(effect) before the decision" }
        case .report(let report):
            reports += 1
            if reports > 1 { return "the caller was told twice" }
            switch report {
            case .committed: if !hasDecided { return "told committed before the decision" }
            case .rolledBack: if hasDecided { return "told rolled back after the decision" }
            case .inDoubt: break
            }
        case .finished:
            hasFinished = true
        default: break
        }
        return nil
    }
}
