import Model
import TestSupport
import Testing

@testable import Transactions

/// The fold over a journal's records: what each step means in each phase, and what a replay needs.
@Suite struct TableTests {
    private static let id = Coordinators.id
    private static let branch = BranchReference(number: 1, resource: "r1")
    private static let stuck = BranchReference(
        number: 1, resource: "r1", heuristic: .notCommitted)

    private static func record(
        _ step: TransactionRecord.Step, _ id: TransactionID = id,
        branches: [BranchReference] = [branch], action: Bool = false
    ) -> TransactionRecord {
        var outline = Outline()
        outline.branches = branches
        if action {
            outline.actions = [
                DurableAction(
                    session: SessionID(high: 1, low: 9), kind: Kind(unchecked: "k"),
                    record: [UInt8](repeating: 1, count: 100))
            ]
        }
        return TransactionRecord(step, id, time: Timestamp(milliseconds: 5), outline: outline)
    }

    private static func position(_ sequence: UInt64) -> Position { Position(sequence: sequence) }

    /// A table with one transaction in `phase`; nil has none.
    private static func table(_ phase: LiveTransaction.Phase?) -> TransactionTable {
        var table = TransactionTable()
        switch phase {
        case nil: break
        case .intended: table.apply(record(.intended, action: true), at: position(1))
        case .committing: table.apply(record(.committed), at: position(1))
        case .heuristic:
            table.apply(record(.committed), at: position(1))
            table.apply(record(.ended, branches: [stuck]), at: position(2))
        }
        #expect(table[id]?.phase == phase)
        return table
    }

    /// Whether a record is accepted, and the phase that it leads to.
    private struct Row {
        var step: TransactionRecord.Step
        var phase: LiveTransaction.Phase?
        var isAccepted: Bool
        var next: LiveTransaction.Phase?
    }

    private enum Lead: Equatable {
        case never
        case away
        case to(LiveTransaction.Phase)
    }

    private static let rows: [Row] = {
        var rows: [Row] = []
        let phases: [LiveTransaction.Phase?] = [nil, .intended, .committing, .heuristic]
        /// `leads[n]` is where the step leads from `phases[n]`; a step that means nothing there
        /// leads to `.never`.
        func add(_ step: TransactionRecord.Step, _ leads: [Lead]) {
            for (phase, lead) in zip(phases, leads) {
                let next: LiveTransaction.Phase? =
                    switch lead {
                    case .never: phase
                    case .away: nil
                    case .to(let next): next
                    }
                rows.append(
                    Row(step: step, phase: phase, isAccepted: lead != .never, next: next))
            }
        }
        add(.intended, [.to(.intended), .to(.intended), .never, .never])
        add(.committed, [.to(.committing), .to(.committing), .never, .never])
        add(.rolledBack, [.away, .away, .never, .never])
        add(.ended, [.away, .never, .away, .never])
        add(.carriedIntent, [.to(.intended), .to(.intended), .never, .never])
        add(.carriedDecision, [.to(.committing), .never, .to(.committing), .never])
        add(.carriedHeuristic, [.to(.heuristic), .never, .never, .to(.heuristic)])
        add(.forgotten, [.away, .never, .never, .away])
        return rows
    }()

    @Test func `every step in every phase`() {
        #expect(TableTests.rows.count == TransactionRecord.Step.allCases.count * 4)
        for row in TableTests.rows {
            var table = TableTests.table(row.phase)
            let known = table[TableTests.id]
            let what = "\(row.step) in \(row.phase.map { "\($0)" } ?? "no") phase"
            let accepted = table.apply(
                TableTests.record(row.step), at: TableTests.position(9))
            #expect(accepted == row.isAccepted, "\(what)")
            #expect(table.ignored == (row.isAccepted ? 0 : 1), "\(what)")
            #expect(table[TableTests.id]?.phase == row.next, "\(what)")
            if !row.isAccepted { #expect(table[TableTests.id] == known, "\(what)") }
            if row.next == nil { #expect(table.bytes == 0, "\(what)") }
        }
    }

    @Test func `a decision without branches is finished at once`() {
        var table = TableTests.table(.intended)
        table.apply(TableTests.record(.committed, branches: []), at: TableTests.position(2))
        #expect(table.live.isEmpty)
        #expect(table.totals.committed == 1)
        #expect(table.lowWater == nil)
    }

    @Test func `an intent keeps what waits for it, a decision has let it go`() throws {
        var table = TableTests.table(.intended)
        #expect(try #require(table[TableTests.id]).outline.actions.count == 1)
        table.apply(TableTests.record(.committed, action: true), at: TableTests.position(2))
        #expect(try #require(table[TableTests.id]).outline.actions.isEmpty)
        let carried = try #require(table.carry(1).first)
        #expect(carried.step == .carriedDecision)
        #expect(carried.openings.isEmpty)
    }

    @Test func `a decision keeps what tells others of it, over copies, until it has ended`() throws
    {
        var table = TransactionTable()
        var decision = TableTests.record(.committed)
        decision.outline.finish = DurableAction(
            session: TableTests.id.finishSession, kind: .transactionFinish, record: [1])
        table.apply(decision, at: TableTests.position(1))
        #expect(table[TableTests.id]?.outline.finish == decision.outline.finish)
        let carried = try #require(table.carry(1).first)
        var copy = TransactionTable()
        copy.apply(carried, at: TableTests.position(2))
        #expect(copy[TableTests.id]?.outline.finish == decision.outline.finish)
        #expect(carried.finishOpening == nil)
        let bytes = copy.bytes
        var ended = TableTests.record(.ended, branches: [TableTests.stuck])
        ended.outline.finish = decision.outline.finish
        copy.apply(ended, at: TableTests.position(3))
        #expect(copy[TableTests.id]?.phase == .heuristic)
        #expect(copy[TableTests.id]?.outline.finish == nil)
        #expect(copy.bytes < bytes)
    }

    @Test(arguments: [TransactionRecord.Step.ended, .rolledBack])
    func `a branch that ended otherwise stays until an operator has seen it`(
        step: TransactionRecord.Step
    ) throws {
        var table = TableTests.table(step == .ended ? .committing : .intended)
        table.apply(
            TableTests.record(step, branches: [TableTests.stuck]), at: TableTests.position(2))
        let live = try #require(table[TableTests.id])
        #expect(live.phase == .heuristic)
        #expect(live.outline.branches == [TableTests.stuck])
        #expect(table.totals.heuristic == 1)
        table.apply(TableTests.record(.forgotten, branches: []), at: TableTests.position(3))
        #expect(table.live.isEmpty)
    }

    @Test func `counters tell how transactions ended`() {
        var table = TransactionTable()
        let steps: [(TransactionRecord.Step, UInt64)] = [
            (.intended, 1), (.committed, 1), (.committed, 2), (.ended, 2), (.rolledBack, 3),
            (.intended, 4), (.rolledBack, 4), (.intended, 5),
        ]
        for (index, (step, low)) in steps.enumerated() {
            let id = TransactionID(uuid: SessionID(high: 0, low: low))
            table.apply(TableTests.record(step, id), at: TableTests.position(UInt64(index + 1)))
        }
        var totals = TransactionTotals()
        totals.committed = 2
        totals.rolledBack = 2
        #expect(table.totals == totals)
        #expect(table.ignored == 0)
        #expect(table.live.count == 2)
    }

    // MARK: What a replay needs

    @Test func `low water is the oldest record that a replay needs`() {
        var table = TransactionTable()
        #expect(table.lowWater == nil)
        let ids = (1...3).map { TransactionID(uuid: SessionID(high: 0, low: $0)) }
        table.apply(TableTests.record(.intended, ids[0]), at: TableTests.position(1))
        table.apply(TableTests.record(.committed, ids[1]), at: TableTests.position(2))
        table.apply(TableTests.record(.intended, ids[2]), at: TableTests.position(3))
        #expect(table.lowWater == TableTests.position(1))
        // The decision has everything that the intent had.
        table.apply(TableTests.record(.committed, ids[0]), at: TableTests.position(4))
        #expect(table.lowWater == TableTests.position(2))
        table.apply(TableTests.record(.carriedDecision, ids[1]), at: TableTests.position(5))
        #expect(table.lowWater == TableTests.position(3))
        table.apply(TableTests.record(.rolledBack, ids[2]), at: TableTests.position(6))
        #expect(table.lowWater == TableTests.position(4))
    }

    @Test func `carry writes the oldest again, oldest first`() {
        var table = TransactionTable()
        let ids = (1...5).map { TransactionID(uuid: SessionID(high: 0, low: $0)) }
        for (index, id) in ids.enumerated() {
            table.apply(
                TableTests.record(.intended, id, action: true),
                at: TableTests.position(UInt64(10 - index)))
        }
        #expect(table.carry(0).isEmpty)
        #expect(table.carry(2).map(\.transaction) == [ids[4], ids[3]])
        #expect(table.carry(9).map(\.transaction) == ids.reversed())
    }

    @Test func `an end whose decision is below the replay's beginning is no defect`() {
        var table = TransactionTable()
        let accepted = table.apply(
            TableTests.record(.ended, branches: []), at: TableTests.position(1))
        #expect(accepted)
        #expect(table.ignored == 0)
        #expect(table.live.isEmpty)
    }

    @Test func `a replay that begins at a heuristic end knows of it`() {
        var table = TransactionTable()
        table.apply(TableTests.record(.committed), at: TableTests.position(1))
        table.apply(
            TableTests.record(.ended, branches: [TableTests.stuck]), at: TableTests.position(2))
        #expect(table.lowWater == TableTests.position(2))
        var replayed = TransactionTable()
        replayed.apply(
            TableTests.record(.ended, branches: [TableTests.stuck]), at: TableTests.position(2))
        #expect(replayed.live == table.live)
    }

    /// Random transactions, carried at random: whatever is above low water rebuilds the table.
    @Test func `a replay from low water has the same unfinished transactions`() {
        for seed in UInt64(0)..<400 {
            var random = SeededRandom(seed: seed)
            var log: [TransactionRecord] = []
            var table = TransactionTable()
            for _ in 0..<60 {
                for record in TableTests.next(table, &random) {
                    log.append(record)
                    table.apply(record, at: TableTests.position(UInt64(log.count)))
                }
                let first = Int(table.lowWater?.sequence ?? UInt64(log.count + 1))
                var replayed = TransactionTable()
                for index in first..<(log.count + 1) {
                    replayed.apply(log[index - 1], at: TableTests.position(UInt64(index)))
                }
                #expect(replayed.live == table.live, "seed \(seed)")
                #expect(replayed.bytes == table.bytes, "seed \(seed)")
                #expect(replayed.ignored == 0, "seed \(seed)")
            }
            #expect(table.ignored == 0, "seed \(seed)")
        }
    }

    private static func next(
        _ table: TransactionTable, _ random: inout SeededRandom
    ) -> [TransactionRecord] {
        if random.chance(20) { return table.carry(1 + random.below(3)) }
        let live = table.live.values.sorted { $0.id < $1.id }
        guard !live.isEmpty, random.chance(60) else {
            let id = TransactionID(uuid: SessionID(high: 0, low: random.next()))
            return [
                record(random.pick([.intended, .committed, .rolledBack]), id, action: true)
            ]
        }
        let one = live[random.below(live.count)]
        switch one.phase {
        case .intended:
            return [
                record(random.pick([.intended, .committed, .rolledBack]), one.id, action: true)
            ]
        case .committing:
            return [record(.ended, one.id, branches: random.chance(30) ? [stuck] : [])]
        case .heuristic: return [record(.forgotten, one.id, branches: [])]
        }
    }
}
