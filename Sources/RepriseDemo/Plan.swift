/// Everything that goes wrong in a run, out of its seed: the same seed, the same plan.
struct Plan: Sendable {
    let seed: UInt64
    let signUps: Int

    /// The client's steps, M1 to M9 of the example.
    enum Step: Int, Sendable, CaseIterable {
        case open, createUser, appendID, createProfile, activate, complete
    }

    enum Failure: Sendable, Equatable {
        /// The step does not happen.
        case before
        /// It happens, and its answer is lost.
        case after
        /// It happens, and the process is killed at once.
        case killed
    }

    struct SignUp: Sendable {
        var nick: String
        /// The nick belongs to somebody else.
        var isTaken: Bool
        var failure: (step: Step, how: Failure)?
        /// Milliseconds before each step.
        var pauses: [Int]

        /// No step of it makes its user active.
        var mustEndClean: Bool {
            guard let failure, !isTaken else { return isTaken }
            return failure.step.rawValue < Step.activate.rawValue
                || failure.step == .activate && failure.how == .before
        }
    }

    /// What a handler does, H2 and H3 of the example.
    enum SubStep: Int, Sendable, CaseIterable {
        case deleteByKey, readUser, deleteProfile, deleteUser
    }

    enum Target: Sendable, Hashable {
        case handler
        case worker(Int)
        case node
    }

    struct Kill: Sendable {
        /// When so many sign-ups have begun.
        var begun: Int
        var target: Target
    }

    /// Users that were there before.
    var others: Int { max(3, signUps / 50) }

    static func otherNick(_ number: Int) -> String { "other-\(number)" }

    func signUp(_ index: Int) -> SignUp {
        var random = generator(1, index)
        let isTaken = random.next(below: 100) < 5
        let chance = random.next(below: 100)
        let step = Step.allCases[random.next(below: Step.allCases.count)]
        let failure: (step: Step, how: Failure)? =
            switch chance {
            case 0..<20: (step, .before)
            case 20..<40: (step, .after)
            case 40..<44: (step, .killed)
            default: nil
            }
        return SignUp(
            nick: isTaken ? Plan.otherNick(random.next(below: others)) : "user-\(index)",
            isTaken: isTaken, failure: failure,
            pauses: Step.allCases.map { _ in 20 + random.next(below: 130) })
    }

    /// Handlers fail on their first two runs for a sign-up only, so that every session ends. Runs, not
    /// attempts: a failure that the breaker blames on the dependency uses up no attempt.
    func handlerFailure(_ index: Int, run: Int) -> (step: SubStep, how: Failure)? {
        guard run <= 2 else { return nil }
        var random = generator(2, index * 8 + run)
        let step = SubStep.allCases[random.next(below: SubStep.allCases.count)]
        switch random.next(below: 100) {
        case 0..<20: return (step, .before)
        case 20..<40: return (step, .after)
        case 40..<42: return (step, .killed)
        default: return nil
        }
    }

    /// By when they are due.
    var kills: [Kill] {
        var random = generator(3, 0)
        let targets: [Target] = [
            .handler, .handler, .handler, .worker(0), .worker(1), .worker(random.next(below: 2)),
            .node, .node, .node,
        ]
        return targets.map { target in
            Kill(begun: signUps * (8 + random.next(below: 88)) / 100, target: target)
        }.sorted { $0.begun < $1.begun }
    }

    private func generator(_ stream: UInt64, _ index: Int) -> SeededRandom {
        var mixed = SeededRandom(state: seed &+ stream &* 0xD1B5_4A32_D192_ED03)
        return SeededRandom(state: mixed.next() ^ UInt64(truncatingIfNeeded: index) << 20)
    }
}

/// SplitMix64.
struct SeededRandom: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}
