import Coordination
import Model
import TestSupport
import Testing
import Transactions

/// TRANSACTIONS.md, sections 2, 4 and 5: closures that run once the outcome is known.
@Suite struct AfterEndTests {
    private struct Failure: Error {}
    private let diary = Probe<[String]>([])
    private var seen: [String] { diary.read { $0 } }

    private func note(_ what: String) -> @Sendable () async throws -> Void {
        let diary = diary
        return { diary.update { $0.append(what) } }
    }

    @Test func `after the commit, each once, in order, also when nothing else is registered`()
        async throws
    {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            try transaction.afterCommit(order: 2, note("2"))
            try transaction.afterCommit(order: 1, note("1"))
            try transaction.afterRollback(note("rolled back"))
            #expect(seen.isEmpty)
        }
        #expect(seen == ["1", "2"])
        await rig.close()
    }

    @Test func `after a rollback, each once, in order, also when nothing else is registered`()
        async throws
    {
        let rig = try Rig([])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                try transaction.afterRollback(order: 2, note("2"))
                try transaction.afterRollback(order: 1, note("1"))
                try transaction.afterCommit(note("committed"))
                throw Failure()
            }
        }
        #expect(seen == ["1", "2"])
        await rig.close()
    }

    @Test func `after all resources have been told`() async throws {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary))
        let rig = try Rig([a, b])
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
            try transaction.afterCommit(note("after"))
        }
        #expect(seen.last == "after")
        await rig.close()
    }

    @Test func `they are outside of the transaction`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { outer in
            try await rig.manager.runNew { inner in
                try inner.afterCommit {
                    #expect(TransactionManager.current == nil)
                    #expect(inner.status == .committed)
                    await expectCode(.transactionNotActive) { try inner.afterCommit {} }
                    try await rig.manager.run { next in
                        #expect(next !== inner && next !== outer)
                    }
                    try await note("after")()
                }
                try inner.add(
                    TransactionSynchronization(afterCompletion: { _ in
                        #expect(TransactionManager.current == nil)
                    }))
            }
            #expect(TransactionManager.current === outer)
        }
        #expect(seen == ["after"])
        await rig.close()
    }

    @Test(arguments: [true, false])
    func `what they throw is logged, and the next one runs`(commits: Bool) async throws {
        let rig = try Rig([])
        let work: @Sendable (Transaction) async throws -> Void = { transaction in
            try transaction.afterCommit { throw Failure() }
            try transaction.afterCommit(note("committed"))
            try transaction.afterRollback { throw CancellationError() }
            try transaction.afterRollback(note("rolled back"))
            if !commits { throw Recorder.Failure() }
        }
        if commits {
            try await rig.manager.run(work)
        } else {
            await #expect(throws: Recorder.Failure.self) { try await rig.manager.run(work) }
        }
        #expect(seen == [commits ? "committed" : "rolled back"])
        let errors = rig.errors
        #expect(errors.count == 1)
        #expect(errors.first?.transaction != nil)
        await rig.close()
    }

    @Test func `in doubt nothing follows, but callbacks are told`() async throws {
        let a = Recorder("a", recordsOutcome: false) { verb in
            if verb == .commitOnePhase { throw Failure() }
        }
        let rig = try Rig([a])
        await expectCode(.transactionInDoubt) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                try transaction.afterCommit(note("committed"))
                try transaction.afterRollback(note("rolled back"))
                try transaction.add(
                    TransactionSynchronization(afterCompletion: { status in
                        try? await note("\(status)")()
                    }))
            }
        }
        #expect(seen == ["committing"])
        await rig.close()
    }

    @Test func `a chain of after-commit work ends at the limit, and that is logged`()
        async throws
    {
        let rig = try Rig([])
        let levels = Count()
        @Sendable func step() async throws {
            try await rig.manager.run { transaction in
                levels.add()
                try transaction.afterCommit { try await step() }
            }
        }
        try await step()
        #expect(levels.value == 11, "the first and ten levels below it")
        let errors = rig.errors
        #expect(errors.count == 1)
        #expect(errors.first?.error.contains("transactionNesting") == true)
        // What comes next begins from the top.
        try await rig.manager.run { _ in }
        await rig.close()
    }

    @Test func `the limit counts what synchronisations begin, and transactions, not policies`()
        async throws
    {
        let rig = try Rig([]) { $0.options.maxNesting = 1 }
        try await rig.manager.run { transaction in
            try transaction.add(
                TransactionSynchronization(afterCompletion: { _ in
                    try? await rig.manager.runNew { inner in
                        try inner.afterCommit {
                            await expectCode(.transactionNesting) {
                                try await rig.manager.run { _ in }
                            }
                            try await rig.manager.run(.supports, note("without"))
                            try await rig.manager.run(.notSupported) {
                                await expectCode(.transactionNesting) {
                                    try await rig.manager.run { _ in }
                                }
                            }
                        }
                    }
                }))
        }
        #expect(seen == ["without"])
        await rig.close()
    }

    // MARK: Through the manager

    @Test func `outside of a transaction after-commit work runs at once`() async throws {
        let rig = try Rig([])
        try await TransactionManager.afterCommit(note("at once"))
        #expect(seen == ["at once"])
        await #expect(throws: Failure.self) {
            try await TransactionManager.afterCommit { throw Failure() }
        }
        try await rig.manager.run { _ in
            try await rig.manager.run(.notSupported) {
                try await TransactionManager.afterCommit(note("suspended"))
            }
            #expect(seen == ["at once", "suspended"])
            try await TransactionManager.afterCommit(order: 2, note("later"))
            try await TransactionManager.afterCommit(order: 1, note("late"))
            #expect(seen == ["at once", "suspended"])
        }
        #expect(seen == ["at once", "suspended", "late", "later"])
        await rig.close()
    }

    @Test func `outside of a transaction after-rollback work is dropped`() async throws {
        let rig = try Rig([])
        try TransactionManager.afterRollback(note("never"))
        await #expect(throws: Failure.self) {
            try await rig.manager.run { _ in
                try await rig.manager.run(.notSupported) {
                    try TransactionManager.afterRollback(note("never"))
                }
                try TransactionManager.afterRollback(note("rolled back"))
                throw Failure()
            }
        }
        #expect(seen == ["rolled back"])
        await rig.close()
    }

    @Test func `outside of a transaction a session begins at once, inside with the commit`()
        async throws
    {
        let rig = try Rig([])
        let id = try await rig.manager.afterCommit(Rig.kind, [1], headers: [])
        #expect(rig.records(id) == [[1]])
        let inside = try await rig.manager.run { _ in
            let id = try await rig.manager.afterCommit(Rig.kind, [2])
            #expect(rig.records(id) == nil)
            return id
        }
        #expect(rig.records(inside) == [[2]])
        await expectCode(.unknownKind) {
            try await rig.manager.afterCommit(Kind(unchecked: "nobody"))
        }
        let again = try await rig.killed([])
        #expect(again.records(id) == [[1]])
        #expect(again.records(inside) == [[2]])
        await again.close()
    }
}
