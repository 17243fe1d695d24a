internal import Model
internal import Transactions

/// One transaction, and how many faults a run of it may meet.
package struct Scenario: Sendable, CustomStringConvertible {
    struct Branch: Sendable {
        var abilities: ResourceAbilities
        var isReadOnly = false

        /// Prepares.
        static let plain = Branch(abilities: .init(prepares: true, recordsOutcome: false))
        /// Prepares, and remembers a one-phase commit.
        static let able = Branch(abilities: .init(prepares: true, recordsOutcome: true))
        /// Prepares, and has nothing to commit.
        static let reader = Branch(
            abilities: .init(prepares: true, recordsOutcome: false), isReadOnly: true)
        /// A last resource.
        static let last = Branch(abilities: .init(prepares: false, recordsOutcome: true))
    }

    /// Tests find it by this.
    package var name: String
    var branches: [Branch]
    /// A session waits for the commit, another one for the rollback.
    package var hasCargo = false
    /// An intent is written when the transaction begins.
    package var beginsWithIntent = false
    /// Somebody wants to be told of every outcome.
    package var isAnnounced = false
    /// Resources may finish what is prepared by themselves.
    package var hasHeuristics = false
    package var faults: Int
    /// The journal carries what is unfinished and retires what is not needed.
    package var hasUpkeep = false
    /// Decisions are left to others as well: whoever has read of one may act on it at any time, also
    /// when it is long carried out.
    package var hasTakeover = false

    package var description: String {
        "\(name)\(hasUpkeep ? ", with upkeep" : ""), \(faults) faults"
    }

    package func withFaults(_ faults: Int) -> Scenario {
        var scenario = self
        scenario.faults = faults
        return scenario
    }

    /// Each alone, and with upkeep of the journal, which takes more states than a fault.
    package static let all =
        plain
        + plain.map { scenario in
            var scenario = scenario.withFaults(scenario.faults - 1)
            scenario.hasUpkeep = true
            return scenario
        }

    private static let plain: [Scenario] = [
        Scenario(
            name: "no branches", branches: [], hasCargo: true, beginsWithIntent: true, faults: 3),
        Scenario(name: "one phase", branches: [.able], faults: 3),
        Scenario(name: "one phase, announced", branches: [.able], isAnnounced: true, faults: 3),
        Scenario(
            name: "two read-only voters, announced", branches: [.reader, .reader],
            isAnnounced: true, faults: 2),
        Scenario(name: "one phase with cargo", branches: [.able], hasCargo: true, faults: 3),
        Scenario(
            name: "one phase, begun with an intent", branches: [.able], hasCargo: true,
            beginsWithIntent: true, faults: 3),
        Scenario(
            name: "one branch that only prepares, with cargo", branches: [.plain], hasCargo: true,
            faults: 3),
        Scenario(name: "two branches", branches: [.plain, .plain], faults: 3),
        Scenario(
            name: "two branches, begun with an intent", branches: [.plain, .able], hasCargo: true,
            beginsWithIntent: true, faults: 3),
        Scenario(
            name: "two branches that decide by themselves", branches: [.plain, .plain],
            hasHeuristics: true, faults: 3),
        Scenario(name: "a read-only voter", branches: [.plain, .reader], faults: 3),
        Scenario(
            name: "only read-only voters, with cargo", branches: [.reader, .reader],
            hasCargo: true, faults: 3),
        Scenario(name: "a last resource", branches: [.plain, .last], hasCargo: true, faults: 3),
        Scenario(
            name: "a last resource beside a read-only voter", branches: [.last, .reader],
            faults: 3),
        Scenario(name: "three branches", branches: [.plain, .plain, .plain], faults: 2),
        Scenario(
            name: "three branches with cargo, one read-only", branches: [.plain, .reader, .plain],
            hasCargo: true, beginsWithIntent: true, faults: 2),
        Scenario(
            name: "three branches with a last resource", branches: [.plain, .last, .plain],
            hasCargo: true, faults: 2),
        Scenario(
            name: "three branches with a last resource that decide by themselves",
            branches: [.plain, .reader, .last], hasHeuristics: true, faults: 2),
        Scenario(
            name: "two branches that are taken over", branches: [.plain, .plain], faults: 3,
            hasTakeover: true),
        Scenario(
            name: "two branches that are taken over or decide by themselves",
            branches: [.plain, .plain], hasHeuristics: true, faults: 2, hasTakeover: true),
        Scenario(
            name: "a last resource whose others are taken over", branches: [.plain, .last],
            hasCargo: true, faults: 3, hasTakeover: true),
    ]
}

extension Scenario {
    static let id = TransactionID(uuid: SessionID(high: 1, low: 1))

    var cargo: Outline {
        var outline = Outline()
        guard hasCargo else { return outline }
        for (low, trigger) in [(1, DurableAction.Trigger.commit), (2, .rollback)] {
            outline.actions.append(
                DurableAction(
                    session: SessionID(high: 2, low: UInt64(low)), kind: Kind(unchecked: "k"),
                    record: nil, trigger: trigger))
        }
        return outline
    }
}
