internal import Glibc
internal import Simulation

/// `reprise-simulate [--schedules N] [--from SEED] [--seed SEED] [--mutation NAME] [--all]`
@main
struct SimulateCommand {
    private struct Arguments {
        var schedules: UInt64 = 100_000
        var from: UInt64 = 1
        var seed: UInt64?
        var mutation: Mutation?
        /// Goes on after a failure and counts.
        var isSurvey = false
    }

    static func main() {
        guard let arguments = read(Array(CommandLine.arguments.dropFirst())) else {
            print(
                "usage: reprise-simulate [--schedules N] [--from SEED] [--seed SEED] "
                    + "[--mutation NAME] [--survey]")
            print("mutations: \(Mutation.allCases.map(\.rawValue).joined(separator: " "))")
            exit(2)
        }
        if let seed = arguments.seed {
            let failure = Simulator.replay(seed, mutation: arguments.mutation)
            print(failure.map(\.description) ?? "seed \(seed): every property holds")
            exit(failure == nil ? 0 : 1)
        }
        let seeds = arguments.from..<(arguments.from + arguments.schedules)
        if arguments.isSurvey {
            survey(seeds, arguments.mutation)
        } else if let failure = Simulator.firstFailure(in: seeds, mutation: arguments.mutation) {
            print(failure)
            exit(1)
        }
        print("\(arguments.schedules) schedules from seed \(arguments.from): done")
    }

    private static func survey(_ seeds: Range<UInt64>, _ mutation: Mutation?) {
        var counts: [Property: Int] = [:]
        var examples: [Property: UInt64] = [:]
        var coverage = Coverage()
        for seed in seeds {
            let world = World(seed: seed, mutation: mutation)
            let found = world.run()
            coverage.add(world.coverage)
            guard let violation = found else { continue }
            counts[violation.property, default: 0] += 1
            if examples[violation.property] == nil {
                examples[violation.property] = seed
                print("seed \(seed): \(violation)")
            }
        }
        for property in Property.allCases {
            if let count = counts[property] { print("\(property.rawValue): \(count)") }
        }
        for milestone in Coverage.Milestone.allCases {
            print("\(milestone.rawValue): \(coverage[milestone])")
        }
    }

    private static func read(_ words: [String]) -> Arguments? {
        var arguments = Arguments()
        var words = words[...]
        while let word = words.popFirst() {
            if word == "--survey" {
                arguments.isSurvey = true
                continue
            }
            guard let value = words.popFirst() else { return nil }
            switch (word, UInt64(value)) {
            case ("--schedules", let number?): arguments.schedules = number
            case ("--from", let number?): arguments.from = number
            case ("--seed", let number?): arguments.seed = number
            case ("--mutation", _):
                guard let mutation = Mutation(rawValue: value) else { return nil }
                arguments.mutation = mutation
            default: return nil
            }
        }
        return arguments
    }
}
