internal import Model
internal import Sessions

/// What a seed stands for: how many machines, how much trouble, which policies.
struct Scenario: Sendable {
    var isMirrored: Bool
    var nodes: Int
    var workers: Int
    var partitions: Int
    var sessions: Int
    var steps: Int
    /// Between two clocks; also how far steps within the promise go.
    var allowance: Milliseconds
    /// Clocks step further than the allowance.
    var hasWildClocks: Bool
    var window: Milliseconds
    var sendsAll: Bool
    /// Percent of steps in which a machine does what it has to do.
    var speed: Int
    /// The same, for the first worker's reading of its partitions.
    var reading: Int
    /// Percent of steps in which such a thing happens.
    var crashes: Int
    var powerLosses: Int
    var ioErrors: Int
    var fullDisks: Int
    var producerFailures: Int
    var outages: Int
    var rebalances: Int
    var workerCrashes: Int
    var clockSteps: Int
    var operators: Int
    var garbage: Int
    /// The disk has room for little more than the first two segments.
    var isCramped: Bool
    /// Percent of runs that go wrong in some way.
    var handlerTrouble: Int
    var policies: [Kind: KindPolicy]
    var carryLag: Int

    static let kinds = [Kind(unchecked: "user.create"), Kind(unchecked: "order.pay")]
    /// Nobody handles it; parked when its age is up.
    static let orphan = Kind(unchecked: "nobody.knows")

    init(seed: UInt64) {
        var dice = Dice(seed: seed)
        isMirrored = !dice.chance(1, of: 3)
        nodes = isMirrored ? dice.within(1...2) : 1
        workers = isMirrored ? dice.within(1...3) : 0
        partitions = dice.within(1...2)
        sessions = dice.within(2...6)
        steps = dice.within(30...70)
        allowance = 200
        hasWildClocks = dice.percent(10)
        window = dice.pick([0, 20, 50, 150])
        sendsAll = dice.percent(20)
        speed = dice.pick([30, 60, 90])
        reading = dice.percent(25) ? 5 : speed
        func trouble(_ most: Int) -> Int { dice.percent(50) ? 0 : dice.within(1...most) }
        crashes = trouble(8)
        powerLosses = trouble(8)
        ioErrors = trouble(5)
        fullDisks = trouble(5)
        isCramped = dice.percent(15)
        if isCramped { sessions = dice.within(5...10) }
        producerFailures = trouble(15)
        outages = trouble(5)
        rebalances = trouble(15)
        workerCrashes = trouble(8)
        clockSteps = trouble(10)
        operators = trouble(10)
        garbage = trouble(4)
        handlerTrouble = dice.pick([0, 30, 70])
        carryLag = dice.pick([2, 6, 30])
        policies = Scenario.policies(&dice)
    }

    private static func policies(_ dice: inout Dice) -> [Kind: KindPolicy] {
        var policies: [Kind: KindPolicy] = [:]
        for kind in kinds + [orphan] {
            var policy = KindPolicy()
            policy.lease = dice.milliseconds(50...600)
            policy.handlerTimeout = dice.milliseconds(100...400)
            policy.concurrency = dice.within(1...3)
            policy.retry.firstDelay = dice.milliseconds(0...200)
            policy.retry.maxDelay = 500
            policy.retry.maxAttempts = UInt32(dice.within(1...4))
            policy.retry.maxAge = 20_000
            policy.breaker.failures = dice.pick([0, 2, 10])
            policy.breaker.openFor = 100
            policy.breaker.maxOpenFor = 400
            // No throw of the dice for it, so that the seeds keep their schedules.
            policy.backlog.after = policy.concurrency == 1 ? 100 : 2_000
            policy.backlog.freshShare = policy.concurrency == 2 ? 0.25 : 0.5
            policies[kind] = policy
        }
        return policies
    }

    func policy(of kind: Kind) -> KindPolicy { policies[kind] ?? fallback }

    /// For kinds without a handler: short, so that a schedule sees the end of it.
    var fallback: KindPolicy {
        var policy = KindPolicy()
        policy.retry.maxAge = 3_000
        return policy
    }

    /// The gates of whoever runs handlers.
    var gates: Gates {
        var handled = policies
        handled[Scenario.orphan] = nil
        return Gates(handled)
    }
}
