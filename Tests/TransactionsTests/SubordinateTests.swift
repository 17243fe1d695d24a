import TestSupport
import Testing
import Transactions

/// A participant's part, as its coordinator deals with it.
@Suite struct SubordinateTests {
    private func prepared() -> Subordinate {
        var part = Subordinate()
        _ = part.prepare()
        part.voted()
        return part
    }

    @Test func `it works, votes and obeys`() {
        var part = Subordinate()
        #expect(part.enter() == true)
        #expect(part.leave() == false)
        #expect(part.prepare() == .begin)
        #expect(part.prepare() == .wait)
        part.voted()
        #expect(part.phase == .prepared)
        #expect(part.prepare() == .done)
        #expect(part.commit() == .obey)
        part.end()
        #expect(part.commit() == .done)
        #expect(part.rollBack() == .done)
    }

    @Test func `it does not vote while a request is at work, and is rolled back after the last`() {
        var part = Subordinate()
        #expect(part.enter() == true)
        #expect(part.enter() == true)
        #expect(part.prepare() == .refuse)
        #expect(part.enter() == false)
        #expect(part.leave() == false)
        #expect(part.leave() == true)
        #expect(part.phase == .rollingBack)
    }

    @Test func `a prepared one takes no work, is not dropped, and does not give up`() {
        for answer: SuperiorAnswer? in [.committed, .rolledBack, .undecided, nil] {
            var part = prepared()
            #expect(part.enter() == false)
            #expect(part.dropIfIdle() == false)
            #expect(part.neglected(answer, wasIdle: true, isOverdue: true) == false)
            #expect(part.commitOnePhase() == .refuse)
            #expect(part.phase == .prepared)
        }
    }

    @Test func `an idle unprepared one gives up when nobody will come for it`() {
        var part = Subordinate()
        #expect(part.neglected(.undecided, wasIdle: true, isOverdue: false) == false)
        #expect(part.neglected(nil, wasIdle: true, isOverdue: false) == false)
        #expect(part.neglected(.rolledBack, wasIdle: false, isOverdue: true) == false)
        var other = part
        #expect(other.neglected(.rolledBack, wasIdle: true, isOverdue: false) == true)
        other = part
        #expect(other.neglected(nil, wasIdle: true, isOverdue: true) == true)
        #expect(part.enter() == true)
        #expect(part.neglected(.rolledBack, wasIdle: true, isOverdue: true) == false)
    }

    @Test func `whatever comes, a vote stands until the end`() {
        for seed in UInt64(0)..<2_000 {
            var random = SeededRandom(seed: seed)
            var part = Subordinate()
            for _ in 0..<40 {
                let before = part.phase
                switch random.below(9) {
                case 0: _ = part.enter()
                case 1: _ = part.leave()
                case 2: _ = part.prepare()
                case 3: _ = part.commitOnePhase()
                case 4: _ = part.commit()
                case 5: _ = part.rollBack()
                case 6: part.voted()
                case 7: _ = part.dropIfIdle()
                default:
                    _ = part.neglected(
                        random.pick([nil, .committed, .rolledBack, .undecided]),
                        wasIdle: random.chance(50), isOverdue: random.chance(50))
                }
                #expect(part.running >= 0)
                if before == .prepared { #expect(part.phase == .prepared, "seed \(seed)") }
            }
        }
    }
}
