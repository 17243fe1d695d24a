import Coordination
import Model
import TestSupport
import Testing
import Transactions

/// TRANSACTIONS.md, section 4, step 1: what runs inside the transaction before it commits.
@Suite struct BeforeCommitTests {
    private struct Failure: Error {}
    private let diary = Probe<[String]>([])
    private var seen: [String] { diary.read { $0 } }

    private func note(_ what: String) -> @Sendable () async throws -> Void {
        let diary = diary
        return { diary.update { $0.append(what) } }
    }

    @Test func `lower orders first, then as registered, before the resources`() async throws {
        let a = Recorder("a", diary)
        let rig = try Rig([a])
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            try transaction.beforeCommit(order: 3, note("3"))
            try transaction.beforeCommit(order: 1, note("1"))
            try transaction.beforeCommit(order: 2, note("2"))
            try transaction.beforeCommit(order: 1, note("1 again"))
            try transaction.beforeCommit(order: -1, note("-1"))
        }
        #expect(
            seen == ["a begin", "-1", "1", "1 again", "2", "3", "a commit one phase"])
        await rig.close()
    }

    @Test func `they run in the transaction and may enlist resources`() async throws {
        let a = Recorder("a", diary)
        let rig = try Rig([a])
        try await rig.manager.run { transaction in
            try transaction.beforeCommit {
                let current = try TransactionManager.required()
                #expect(current === transaction)
                #expect(current.status == .active)
                _ = try await current.enlist(a)
            }
        }
        #expect(seen == ["a begin", "a commit one phase"])
        await rig.close()
    }

    @Test func `what they register comes in another round, in order`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            try transaction.beforeCommit(order: 5) {
                try await note("first")()
                try transaction.beforeCommit(order: 2, note("second, 2"))
                try transaction.beforeCommit(order: 1, note("second, 1"))
            }
            try transaction.beforeCommit(order: 9, note("first, 9"))
        }
        #expect(seen == ["first", "first, 9", "second, 1", "second, 2"])
        await rig.close()
    }

    @Test func `they may register what follows the commit or the rollback`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            try transaction.beforeCommit {
                try transaction.afterCommit(note("committed"))
                try transaction.afterRollback(note("rolled back"))
            }
        }
        #expect(seen == ["committed"])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                try transaction.beforeCommit {
                    try transaction.afterCommit(note("committed"))
                    try transaction.afterRollback(note("rolled back"))
                }
                try transaction.beforeCommit { throw Failure() }
            }
        }
        #expect(seen == ["committed", "rolled back"])
        await rig.close()
    }

    @Test(arguments: [1, 10, 11])
    func `ten rounds are allowed, the eleventh rolls back`(rounds: Int) async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        let ran = Count()
        @Sendable func register(_ transaction: Transaction, left: Int) throws {
            guard left > 0 else { return }
            try transaction.beforeCommit {
                ran.add()
                try register(transaction, left: left - 1)
            }
        }
        let work: @Sendable (Transaction) async throws -> Void = { transaction in
            _ = try await transaction.enlist(a)
            try register(transaction, left: rounds)
        }
        if rounds <= 10 {
            try await rig.manager.run(work)
            #expect(a.verbs == ["begin", "commit one phase"])
        } else {
            await expectCode(.transactionRounds) { try await rig.manager.run(work) }
            #expect(a.verbs == ["begin", "rollback"])
        }
        #expect(ran.value == min(rounds, 10))
        await rig.close()
    }

    @Test func `the first error stops them, rolls back and reaches the caller`() async throws {
        let a = Recorder("a", diary)
        let rig = try Rig([a])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                try transaction.afterRollback(note("rolled back"))
                try transaction.afterCommit(note("committed"))
                try transaction.beforeCommit(order: 1, note("1"))
                try transaction.beforeCommit(order: 2) { throw Failure() }
                try transaction.beforeCommit(order: 3, note("3"))
            }
        }
        #expect(seen == ["a begin", "1", "a rollback", "rolled back"])
        await rig.close()
    }

    @Test func `one that asks for a rollback stops them as well`() async throws {
        let rig = try Rig([])
        await expectCode(.transactionRolledBack) {
            try await rig.manager.run { transaction in
                try transaction.beforeCommit { transaction.setRollbackOnly("enough") }
                try transaction.beforeCommit(note("next"))
            }
        }
        #expect(seen.isEmpty)
        await rig.close()
    }

    @Test func `they do not run when the body fails`() async throws {
        let rig = try Rig([])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                try transaction.beforeCommit(note("before"))
                throw Failure()
            }
        }
        #expect(seen.isEmpty)
        await rig.close()
    }

    // MARK: Synchronisations

    @Test func `synchronisations are called before and after the end, once, without resources`()
        async throws
    {
        let rig = try Rig([])
        let statuses = Probe<[TransactionStatus]>([])
        let synchronization = TransactionSynchronization(
            beforeCompletion: note("before"),
            afterCompletion: { status in statuses.update { $0.append(status) } })
        try await rig.manager.run { transaction in
            try transaction.beforeCommit(note("action"))
            try transaction.add(synchronization)
        }
        #expect(seen == ["action", "before"])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                try transaction.add(synchronization)
                throw Failure()
            }
        }
        #expect(seen == ["action", "before"], "there is no commit to be before of")
        #expect(statuses.read { $0 } == [.committed, .rolledBack])
        await rig.close()
    }

    @Test func `what a synchronisation registers runs, and each is told once`() async throws {
        let a = Recorder("a", diary)
        let rig = try Rig([a])
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            try transaction.add(
                TransactionSynchronization(beforeCompletion: {
                    try await note("first")()
                    try transaction.beforeCommit(note("action"))
                    try transaction.add(
                        TransactionSynchronization(beforeCompletion: note("third")))
                }))
            try transaction.add(TransactionSynchronization(beforeCompletion: note("second")))
        }
        #expect(
            seen == ["a begin", "first", "action", "second", "third", "a commit one phase"])
        await rig.close()
    }

    @Test func `an error before completion rolls back`() async throws {
        let a = Recorder("a", diary)
        let rig = try Rig([a])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                try transaction.add(
                    TransactionSynchronization(
                        beforeCompletion: { throw Failure() },
                        afterCompletion: { status in
                            try? await note("\(status)")()
                        }))
            }
        }
        #expect(seen == ["a begin", "a rollback", "rolledBack"])
        await rig.close()
    }
}
