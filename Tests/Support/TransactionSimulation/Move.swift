internal import Transactions

/// Something that can happen next.
enum Move: Hashable, Sendable {
    case commit
    case rollBack
    case end(Int, World.Ending)
    case flush
    /// The journal writes what is unfinished again, at its tail.
    case carry
    /// The journal drops what no replay needs.
    case retire
    case crash(keeping: Int)
    case stray(Int, happens: Bool)
    case down(UInt32)
    case up(UInt32)
    /// Whoever works in an unprepared branch loses it.
    case loses(UInt32)
    case decidesItself(UInt32, BranchOutcome)
    case sweep(UInt32)
    case adopt
    /// Somebody else, who has read of the decision, commits a branch.
    case takeOver(UInt32)
}

extension World {
    private var numbers: [UInt32] { branches.indices.map { UInt32($0 + 1) } }

    /// What happens without anything going wrong.
    var moves: [Move] {
        if !hasStarted { return [.commit, .rollBack] }
        var moves: [Move] = []
        for (place, job) in tasks.enumerated() {
            switch job {
            case .call(_, let number, _):
                moves.append(.end(place, branches[index(number)].isDown ? .failed : .done))
            case .write: moves.append(.end(place, .done))
            case .retry(let number, _):
                if !branches[index(number)].isDown { moves.append(.end(place, .done)) }
            case .forget(_, let after):
                if durable >= after || mutation == .forgetsOutcomeEarly {
                    moves.append(.end(place, .done))
                }
            }
        }
        if durable < log.count { moves.append(.flush) }
        if scenario.hasUpkeep { moves += upkeep }
        for place in strays.indices {
            moves += [.stray(place, happens: true), .stray(place, happens: false)]
        }
        for number in numbers {
            if branches[index(number)].isDown { moves.append(.up(number)) }
            if canSweep(number) { moves.append(.sweep(number)) }
            if canTakeOver(number) { moves.append(.takeOver(number)) }
        }
        if canAdopt { moves.append(.adopt) }
        return moves
    }

    private var upkeep: [Move] {
        var moves: [Move] = []
        if !hasCarried, table[Scenario.id] != nil { moves.append(.carry) }
        if needed > retired, durable == log.count || mutation == .retiresEarly {
            moves.append(.retire)
        }
        return moves
    }

    /// What goes wrong.
    var troubles: [Move] {
        guard faults > 0 else { return [] }
        var moves: [Move] = (durable...log.count).map { .crash(keeping: $0) }
        if !isLive, tasks.isEmpty, strays.isEmpty, durable == log.count { moves = [] }
        for (place, job) in tasks.enumerated() {
            switch job {
            case .call(let verb, let number, _):
                guard !branches[index(number)].isDown else { continue }
                moves += [.end(place, .failed), .end(place, .lost), .down(number)]
                if verb != .askOutcome, verb != .rollBackActive {
                    moves.append(.end(place, .delayed))
                }
            case .write(_, let forced, _):
                moves.append(.end(place, .refused))
                if forced {
                    moves += [
                        .end(place, .logFailed(onDisk: true)),
                        .end(place, .logFailed(onDisk: false)),
                    ]
                }
            case .retry, .forget: break
            }
        }
        for number in numbers {
            switch branches[index(number)].state {
            case .active: moves.append(.loses(number))
            case .prepared where scenario.hasHeuristics:
                moves += [
                    .decidesItself(number, .committed), .decidesItself(number, .notCommitted),
                ]
            default: break
            }
        }
        if foreground?.status == .preparing { moves.append(.rollBack) }
        return moves
    }

    /// The world after `move`; `isTrouble` takes one of the faults.
    func after(_ move: Move, isTrouble: Bool) -> World {
        var world = self
        if isTrouble { world.faults -= 1 }
        world.apply(move)
        world.settle()
        world.check()
        return world
    }

    private mutating func apply(_ move: Move) {
        switch move {
        case .commit:
            hasStarted = true
            handle(.commit, .foreground)
        case .rollBack:
            hasStarted = true
            handle(.rollBack(reason: "it failed"), .foreground)
        case .end(let place, let ending): end(place, ending)
        case .flush: durable = log.count
        case .carry:
            hasCarried = true
            for record in table.carry(1) { append(record) }
        case .retire: retired = needed
        case .crash(let count): crash(keeping: count)
        case .stray(let place, let happens):
            let stray = strays.remove(at: place)
            if happens { _ = branches[index(stray.number)].take(stray.verb, mutation: mutation) }
        case .down(let number): branches[index(number)].isDown = true
        case .up(let number): branches[index(number)].isDown = false
        case .loses(let number): branches[index(number)].state = .rolledBack
        case .decidesItself(let number, let outcome):
            branches[index(number)].heuristic = outcome
            branches[index(number)].state = outcome == .committed ? .committed : .rolledBack
        case .sweep(let number): sweep(number)
        case .adopt: adopt()
        case .takeOver(let number): takeOver(number)
        }
    }

    /// What happens by itself: unprepared work dies with who had it in hand.
    private mutating func settle() {
        guard foreground == nil else { return }
        for number in numbers where branches[index(number)].state == .active {
            let isOnItsWay = strays.contains { stray in
                guard stray.number == number else { return false }
                return switch stray.verb {
                case .prepare, .commitOnePhase: true
                default: false
                }
            }
            if !isOnItsWay { branches[index(number)].state = .rolledBack }
        }
    }
}
