internal import Transactions

/// Tries every order of everything that can happen, and every place for every fault: a search in
/// depth that passes by states it has seen (by a 64-bit hash of them).
package struct Explorer {
    private var seen: Set<Int> = []
    private var onPath: Set<Int> = []
    private var path: [String] = []
    /// States that differ.
    package var states: Int { seen.count }
    /// Of these, the ones in which nothing is left to do.
    package private(set) var ends = 0
    package private(set) var milestones: Set<Milestone> = []
    package private(set) var failure: Failure?

    /// A property that did not hold, and what led to it.
    package struct Failure: Sendable, CustomStringConvertible {
        package var scenario: Scenario
        package var violation: Violation
        package var trace: [String]

        package var description: String {
            "\(scenario): \(violation)\n  " + trace.joined(separator: "\n  ")
        }
    }

    package init() {}

    /// Stops at the first property that does not hold.
    package static func explore(_ scenario: Scenario, mutation: Mutation? = nil) -> Explorer {
        var explorer = Explorer()
        explorer.visit(World(scenario, mutation: mutation))
        return explorer
    }

    private mutating func visit(_ world: World) {
        if let violation = world.violation { return fail(world, violation) }
        let fingerprint = world.fingerprint
        guard seen.insert(fingerprint).inserted else {
            if onPath.contains(fingerprint) {
                fail(world, Violation(property: .everythingEnds, detail: "it goes in circles"))
            }
            return
        }
        onPath.insert(fingerprint)
        defer { onPath.remove(fingerprint) }
        let moves = world.moves
        if moves.isEmpty {
            ends += 1
            var end = world
            end.checkEnd()
            if let violation = end.violation { return fail(end, violation) }
        }
        for move in moves where failure == nil { follow(world, move, isTrouble: false) }
        for move in world.troubles where failure == nil { follow(world, move, isTrouble: true) }
    }

    private mutating func follow(_ world: World, _ move: Move, isTrouble: Bool) {
        path.append((isTrouble ? "! " : "  ") + world.describe(move))
        let next = world.after(move, isTrouble: isTrouble)
        milestones.formUnion(next.milestones(move, from: world))
        visit(next)
        path.removeLast()
    }

    private mutating func fail(_ world: World, _ violation: Violation) {
        guard failure == nil else { return }
        failure = Failure(scenario: world.scenario, violation: violation, trace: path)
    }
}

extension World {
    /// For people.
    func describe(_ move: Move) -> String {
        guard case .end(let place, let ending) = move else { return "\(move)" }
        return switch tasks[place] {
        case .call(let verb, let number, let actor):
            "\(actor): \(verb) of branch \(number): \(ending)"
        case .write(let record, let forced, let actor):
            "\(actor): write \(record.step)\(forced ? ", forced" : ""): \(ending)"
        case .retry(let number, let actor): "\(actor): try branch \(number) again"
        case .forget(let number, _): "forget the outcome of branch \(number)"
        }
    }
}
