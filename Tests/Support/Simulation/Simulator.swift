/// Runs schedules by their seeds.
package enum Simulator {
    package struct Failure: Sendable, CustomStringConvertible {
        package var seed: UInt64
        package var violation: Violation
        package var trace: [String]

        package var description: String {
            (trace + ["seed \(seed): \(violation)"]).joined(separator: "\n")
        }
    }

    /// What the schedules of `seeds` come upon.
    package static func coverage(of seeds: some Sequence<UInt64>) -> Coverage {
        var sum = Coverage()
        for seed in seeds {
            let world = World(seed: seed)
            _ = world.run()
            sum.add(world.coverage)
        }
        return sum
    }

    /// What happens in the schedule of `seed`, line by line.
    package static func trace(of seed: UInt64) -> [String] {
        let world = World(seed: seed, isTraced: true)
        _ = world.run()
        return world.trace.tail
    }

    /// The first seed of `seeds` whose schedule breaks a property; nil when all hold. The schedule
    /// is then run again, the same, for its trace.
    package static func firstFailure(
        in seeds: some Sequence<UInt64>, mutation: Mutation? = nil
    ) -> Failure? {
        for seed in seeds {
            if World(seed: seed, mutation: mutation).run() != nil {
                return replay(seed, mutation: mutation)
            }
        }
        return nil
    }

    /// The schedule of `seed` with its trace; nil when it holds.
    package static func replay(_ seed: UInt64, mutation: Mutation? = nil) -> Failure? {
        let world = World(seed: seed, mutation: mutation, isTraced: true)
        guard let violation = world.run() else { return nil }
        return Failure(seed: seed, violation: violation, trace: world.trace.tail)
    }
}
