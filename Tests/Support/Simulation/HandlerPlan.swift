internal import Model
internal import Sessions

/// What a handler will do with one run; made up when it starts.
struct ActiveRun {
    /// A write to its session on the way.
    enum Write {
        case append([UInt8])
        case replace([UInt8])
        case extend
    }

    var session: Session
    var run: Run
    /// True time at which it has its outcome; never for a handler that hangs.
    var finishes: Timestamp
    var outcome: HandlerOutcome
    var writes: [Write] = []
    /// Its worker has given it up; it goes on all the same.
    var isLate = false

    init(_ session: Session, _ run: Run, at time: Timestamp, trouble: Int, dice: inout Dice) {
        self.session = session
        self.run = run
        finishes = time + dice.milliseconds(0...60)
        outcome = .complete
        if dice.percent(30) { writes.append(.append([UInt8(dice.within(1...250)), 0xA])) }
        guard dice.percent(trouble) else { return }
        switch dice.within(0...9) {
        case 0: outcome = .retry()
        case 1: outcome = .retry(after: dice.milliseconds(0...150))
        case 2: outcome = .unavailable(after: dice.milliseconds(0...150))
        case 3: outcome = .park(reason: "It asked for it.")
        case 4: outcome = .failed(.handlerFailed, reason: "It threw.")
        case 5: finishes = .distantFuture
        case 6, 7: finishes = time + dice.milliseconds(100...900)
        case 8: writes.append(.replace([UInt8(dice.within(1...250)), 0xB]))
        default: writes.append(.extend)
        }
    }

    static let timeout = HandlerOutcome.failed(.handlerTimeout, reason: "It took too long.")
}
