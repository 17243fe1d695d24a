import Coordination
import Journal
import Model
import RepriseTestKit
import Sessions
import TestSupport
import Testing
import Transactions

/// A process that dies at every moment: before and after every call of a resource, at every call of the
/// file system, by kill -9 and by loss of power, and again while the next one recovers. Afterwards all
/// branches are equal, and equal to what the log says.
@Suite(.timeLimit(.minutes(10))) struct CrashTests {
    /// What takes part, and how it ends when nothing dies.
    enum Shape: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case one, oneWithCargo, two, twoWithCargo, twoAndLast, oneAndLast, threeWithBoth
        case bodyFails, prepareFails
        case twoLeftToOthers, twoAndLastLeftToOthers

        var preparing: Int {
            switch self {
            case .one, .oneWithCargo, .oneAndLast: 1
            case .two, .twoWithCargo, .twoAndLast, .bodyFails, .prepareFails: 2
            case .twoLeftToOthers, .twoAndLastLeftToOthers: 2
            case .threeWithBoth: 3
            }
        }

        var hasLast: Bool {
            self == .twoAndLast || self == .oneAndLast || self == .twoAndLastLeftToOthers
        }
        /// As with Kafka: others are told of the decision as well.
        var isLeftToOthers: Bool { self == .twoLeftToOthers || self == .twoAndLastLeftToOthers }
        var hasCommitCargo: Bool {
            switch self {
            case .one, .two: false
            default: true
            }
        }
        var hasRollbackCargo: Bool {
            self == .threeWithBoth || self == .bodyFails || self == .prepareFails
        }
        var testDescription: String { rawValue }
    }

    /// What processes come and go around.
    private struct World {
        let shape: Shape
        let stores: [MemoryResource]
        let written = Probe<(commit: SessionID?, rollback: SessionID?)>((nil, nil))

        init(_ shape: Shape) {
            self.shape = shape
            var stores = (0..<shape.preparing).map { MemoryResource("r\($0)") }
            if shape.hasLast {
                stores.append(
                    MemoryResource(
                        "last", abilities: ResourceAbilities(prepares: false, recordsOutcome: true)
                    ))
            }
            for store in stores { store["k"] = "old" }
            if shape == .prepareFails {
                stores[0].inject(.fails, on: .prepare)
            }
            self.stores = stores
        }

        func process(_ files: SimulatedFileSystem, _ life: Life) throws -> Rig {
            try Rig(stores.map { MortalResource(store: $0, life: life) }, files: files) {
                $0.segmentBytes = 16 << 10
                if shape.isLeftToOthers { $0.mirrored = { _, _ in } }
            }
        }

        func work(_ rig: Rig, _ life: Life) async throws {
            try await rig.manager.run { transaction in
                for store in stores {
                    let branch = try await transaction.enlist(
                        MortalResource(store: store, life: life))
                    try await branch.write("k", "new")
                }
                if shape.hasRollbackCargo {
                    let id = try await transaction.afterRollback(Rig.kind, [2])
                    written.update { $0.rollback = id }
                }
                if shape.hasCommitCargo {
                    let id = try transaction.afterCommit(Rig.kind, [1])
                    written.update { $0.commit = id }
                }
                if shape == .bodyFails { throw CancellationError() }
            }
        }

        /// The connections of the process before are gone.
        func disconnect() {
            for store in stores { store.crash() }
        }

        func recover(_ rig: Rig) async throws {
            try await eventually("everything is finished", seconds: 120) {
                await rig.recovery.round()
                return rig.manager.list().isEmpty && stores.allSatisfy { $0.prepared.isEmpty }
            }
        }
    }

    private enum Outcome { case returned, rolledBack, unknown }

    /// One transaction in a process of its own, and what its caller was told.
    private func live(_ world: World, _ rig: Rig, _ life: Life) async -> Outcome {
        do {
            try await world.work(rig, life)
            return .returned
        } catch let error as RepriseError where error.code == .transactionRolledBack {
            return .rolledBack
        } catch {
            return .unknown
        }
    }

    private func check(_ world: World, _ rig: Rig, _ outcome: Outcome, _ wasDecided: Bool) throws {
        let values = Set(world.stores.map { $0["k"] ?? "" })
        #expect(values.count == 1, "the branches are different")
        let isNew = values == ["new"]
        if outcome == .returned { #expect(isNew, "the caller was told of a commit") }
        if outcome == .rolledBack { #expect(!isNew, "the caller was told of a rollback") }
        if wasDecided { #expect(isNew, "the decision stood in the log") }
        if !world.shape.hasLast, world.shape.preparing > 1 {
            #expect(isNew == wasDecided, "presumed abort")
        }
        let (commit, rollback) = world.written.read { $0 }
        if let commit {
            #expect((rig.records(commit) != nil) == isNew, "what waits for the commit")
        }
        if let rollback {
            #expect((rig.records(rollback) != nil) == !isNew, "what waits for the rollback")
        }
        let (left, difference) = rig.journal.withCore { core in
            (
                core.table.sessions.values.count { $0.kind == .transactionFinish },
                core.table.conservationDifference
            )
        }
        #expect(left == 0, "others are still told to finish it")
        #expect(difference == 0)
        #expect(world.stores.allSatisfy { $0.openBranches == 0 })
        #expect(rig.manager.list().isEmpty)
    }

    private func isDecided(_ rig: Rig) -> Bool {
        rig.journal.withCore { $0.transactions.totals.committed } > 0
    }

    @Test(arguments: Shape.allCases)
    func `killed at every call of a resource, and again while it recovers`(shape: Shape)
        async throws
    {
        var random = SimulatedRandom(seed: 7)
        let moments = try await {
            let files = SimulatedFileSystem()
            let life = Life(files, end: nil)
            let world = World(shape)
            let rig = try world.process(files, life)
            let outcome = await live(world, rig, life)
            let fails = shape == .bodyFails || shape == .prepareFails
            #expect((outcome == .returned) == !fails)
            await rig.close()
            return life.moments
        }()
        var deaths = 0
        for end in 0..<moments {
            let files = SimulatedFileSystem()
            let life = Life(files, end: end)
            let world = World(shape)
            let rig = try world.process(files, life)
            let outcome = await live(world, rig, life)
            guard let left = life.left else {
                // The order of calls at the same time is another one each time.
                await rig.close()
                continue
            }
            deaths += 1
            await rig.close()
            world.disconnect()
            // The next one dies as well, the one after it does not.
            let second = Life(left, end: Int.random(in: 0..<8, using: &random))
            let next = try world.process(left, second)
            let wasDecided = isDecided(next)
            await next.recovery.round()
            let files2 = second.left ?? left.kill()
            await next.close()
            world.disconnect()
            let last = try world.process(files2, Life(files2, end: nil))
            try await world.recover(last)
            try check(world, last, outcome, wasDecided)
            await last.close()
        }
        #expect(deaths > moments / 2)
    }

    @Test(arguments: Shape.allCases, [true, false])
    func `killed at every call of the file system`(shape: Shape, losesPower: Bool) async throws {
        for seed in UInt64(0)..<40 {
            let files = SimulatedFileSystem()
            let life = Life(files, end: nil)
            let world = World(shape)
            let rig = try world.process(files, life)
            try await rig.settled()
            files.powerGoes(atCall: files.calls + Int(seed) / 4)
            let outcome = await live(world, rig, life)
            let hadPower = files.hasPower
            var random = SimulatedRandom(seed: seed)
            let left = losesPower ? files.crash(using: &random) : files.kill()
            await rig.close()
            world.disconnect()
            let next = try world.process(left, Life(left, end: nil))
            let wasDecided = isDecided(next)
            try await world.recover(next)
            try check(world, next, outcome, wasDecided)
            await next.close()
            // The transaction was over before the power went.
            if hadPower, seed % 4 == 3 { break }
        }
    }
}
