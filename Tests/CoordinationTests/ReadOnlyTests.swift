import Coordination
import Model
import TestSupport
import Testing
import Transactions

/// TRANSACTIONS.md, section 2: `run(readOnly:)`.
@Suite struct ReadOnlyTests {
    private struct Failure: Error {}

    @Test(arguments: [true, false])
    func `nil inherits`(readOnly: Bool) async throws {
        let rig = try Rig([])
        try await rig.manager.run(readOnly: readOnly) { _ in
            #expect(TransactionManager.isReadOnly == readOnly)
            try await rig.manager.run { transaction in
                #expect(TransactionManager.isReadOnly == readOnly)
                #expect(transaction.isReadOnly == readOnly)
            }
            try await rig.manager.run(.supports) {
                #expect(TransactionManager.isReadOnly == readOnly)
            }
        }
        await rig.close()
    }

    @Test func `without a current transaction nil is writable`() async throws {
        let rig = try Rig([])
        #expect(!TransactionManager.isReadOnly)
        try await rig.manager.run { transaction in
            #expect(!transaction.isReadOnly)
            #expect(!TransactionManager.isReadOnly)
        }
        await rig.close()
    }

    @Test func `writable inside read-only is refused`() async throws {
        let rig = try Rig([])
        try await rig.manager.run(readOnly: true) { outer in
            for policy in [TransactionPolicy.required, .supports] {
                await expectCode(.transactionReadOnly) {
                    try await rig.manager.run(policy, readOnly: false) {}
                }
            }
            #expect(TransactionManager.current === outer)
            // One of its own is nobody's business.
            try await rig.manager.runNew(readOnly: false) { #expect(!$0.isReadOnly) }
            try await rig.manager.runNew { #expect(!$0.isReadOnly) }
        }
        await rig.close()
    }

    @Test func `a read-only part of a writable transaction ends with its body`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            try await rig.manager.run(readOnly: true) { inner in
                #expect(inner === transaction)
                #expect(TransactionManager.isReadOnly)
                await expectCode(.transactionReadOnly) { try inner.afterCommit(Rig.kind) }
                await expectCode(.transactionReadOnly) {
                    try await rig.manager.run(readOnly: false) { _ in }
                }
            }
            #expect(!TransactionManager.isReadOnly)
            try transaction.afterCommit(Rig.kind)
        }
        await rig.close()
    }

    @Test func `resources are told, and nothing is written`() async throws {
        let (a, b) = (Recorder("a", vote: .readOnly), Recorder("b", vote: .readOnly))
        let rig = try Rig([a, b])
        let before = rig.appended
        try await rig.manager.run(readOnly: true) { transaction in
            let branch = try await transaction.enlist(a)
            #expect(branch.readOnly)
        }
        #expect(a.verbs == ["begin", "commit one phase"])
        try await rig.manager.run(readOnly: true) { transaction in
            let (first, second) = (try await transaction.enlist(a), try await transaction.enlist(b))
            #expect(first.readOnly && second.readOnly)
        }
        #expect(rig.appended == before)
        try await rig.manager.run { transaction in
            let branch = try await transaction.enlist(a)
            #expect(!branch.readOnly)
        }
        await rig.close()
    }

    @Test func `a read-only body that fails rolls back`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        let rollbacks = Count()
        await #expect(throws: Failure.self) {
            try await rig.manager.run(readOnly: true) { transaction in
                _ = try await transaction.enlist(a)
                try transaction.afterRollback { rollbacks.add() }
                throw Failure()
            }
        }
        #expect(a.verbs == ["begin", "rollback"])
        #expect(rollbacks.value == 1)
        await rig.close()
    }

    @Test func `before-commit actions of a read-only transaction do not run`() async throws {
        let rig = try Rig([])
        let (before, after) = (Count(), Count())
        try await rig.manager.run(readOnly: true) { transaction in
            try transaction.beforeCommit { before.add() }
            try transaction.afterCommit { after.add() }
        }
        #expect(before.value == 0 && after.value == 1)
        await rig.close()
    }
}
