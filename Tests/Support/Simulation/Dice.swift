internal import Model
internal import TestSupport

/// Every choice of a schedule, from one seed.
struct Dice {
    var random: SimulatedRandom

    init(seed: UInt64) {
        random = SimulatedRandom(seed: seed)
        // Neighbouring seeds should have nothing in common.
        for _ in 0..<4 { _ = random.next() }
    }

    mutating func bits() -> UInt64 { random.next() }

    /// True `parts` times in `of`.
    mutating func chance(_ parts: Int, of whole: Int) -> Bool {
        parts > 0 && Int(truncatingIfNeeded: random.next() % UInt64(whole)) < parts
    }

    mutating func percent(_ parts: Int) -> Bool { chance(parts, of: 100) }

    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.next() % UInt64(range.count))
    }

    mutating func milliseconds(_ range: ClosedRange<Int>) -> Milliseconds {
        Milliseconds(within(range))
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[within(0...(choices.count - 1))]
    }
}
