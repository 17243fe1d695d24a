import Model
import Testing
import Transactions

/// Coordinators to begin a test with. Branch `n` is of the resource `rn`.
enum Coordinators {
    static let id = TransactionID(uuid: SessionID(high: 1, low: 1))

    /// Prepares, like most databases.
    static let plain = ResourceAbilities(prepares: true, recordsOutcome: false)
    /// Prepares, and remembers a one-phase commit.
    static let able = ResourceAbilities(prepares: true, recordsOutcome: true)
    /// A last resource.
    static let last = ResourceAbilities(prepares: false, recordsOutcome: true)
    /// Can do neither.
    static let bare = ResourceAbilities(prepares: false, recordsOutcome: false)

    static func active(
        _ abilities: ResourceAbilities..., cargo: Bool = false, recordsRollback: Bool = false,
        recordsCommit: Bool = false
    ) throws -> Coordinator {
        var coordinator = Coordinator(id)
        for (index, each) in abilities.enumerated() {
            let number = try coordinator.enlist("r\(index + 1)", abilities: each)
            #expect(number == UInt32(index + 1))
        }
        coordinator.load(
            hasCargo: cargo, recordsRollback: recordsRollback, recordsCommit: recordsCommit)
        return coordinator
    }

    /// Two branches, both prepared, and the decision being written.
    static func deciding() throws -> Coordinator {
        var coordinator = try active(plain, plain)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.voted(1, .prepared))
        #expect(coordinator.handle(.voted(2, .prepared)) == [.write(.committed, forced: true)])
        return coordinator
    }

    /// Two branches, decided, both told to commit.
    static func decided() throws -> Coordinator {
        var coordinator = try deciding()
        #expect(
            coordinator.handle(.written(.committed)) == [.commitPrepared(1), .commitPrepared(2)])
        return coordinator
    }

    /// Two prepared branches that are being rolled back: the second one was told.
    static func rollingBack() throws -> Coordinator {
        var coordinator = try deciding()
        #expect(
            coordinator.handle(.writeRefused(.committed, reason: "full")) == [.rollBackPrepared(2)])
        return coordinator
    }

    /// A prepared branch and a last resource whose answer was lost.
    static func asking() throws -> Coordinator {
        var coordinator = try active(plain, last)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.voted(1, .prepared))
        _ = coordinator.handle(.written(.intended))
        #expect(coordinator.handle(.onePhaseLost(2, reason: "cut")) == [.askOutcome(2)])
        return coordinator
    }
}

extension Coordinator {
    func state(_ number: UInt32) -> Participation.State? {
        branches.first { $0.number == number }?.state
    }

    /// As after a crash, from what the log would have: `phase` and these branches.
    static func recovered(
        _ phase: [TransactionRecord.Step], branches: [BranchReference], asked: UInt32? = nil
    ) throws -> Coordinator {
        var table = TransactionTable()
        for (index, step) in phase.enumerated() {
            var outline = Outline()
            outline.branches = branches
            outline.asked = step == .intended || step == .carriedIntent ? asked : nil
            table.apply(
                TransactionRecord(step, Coordinators.id, time: .zero, outline: outline),
                at: Position(sequence: UInt64(index + 1)))
        }
        let live = try #require(table[Coordinators.id])
        return Coordinator(recovering: live) { _ in Coordinators.plain }
    }
}
