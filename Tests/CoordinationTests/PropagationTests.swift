import Coordination
import Model
import TestSupport
import Testing
import Transactions

/// TRANSACTIONS.md, section 2: which transaction a body runs in, under every policy, with and without
/// a current one.
@Suite struct PropagationTests {
    private struct Failure: Error {}

    @Test(arguments: [TransactionPolicy.required, .requiresNew])
    func `without a current transaction, a new one`(policy: TransactionPolicy) async throws {
        let rig = try Rig([])
        let seen = try await rig.manager.run(policy) { TransactionManager.current }
        let transaction = try #require(seen)
        #expect(transaction.status == .committed)
        #expect(TransactionManager.current == nil)
        await rig.close()
    }

    @Test(arguments: [TransactionPolicy.supports, .notSupported])
    func `without a current transaction, none`(policy: TransactionPolicy) async throws {
        let rig = try Rig([])
        let seen = try await rig.manager.run(policy) { TransactionManager.current }
        #expect(seen == nil)
        await rig.close()
    }

    @Test(arguments: [TransactionPolicy.required, .supports])
    func `with a current transaction, that one`(policy: TransactionPolicy) async throws {
        let rig = try Rig([])
        try await rig.manager.run { outer in
            let id = try await rig.manager.run(policy) { TransactionManager.current?.id }
            #expect(id == outer.id)
            #expect(outer.status == .active, "whoever joins does not end it")
        }
        await rig.close()
    }

    @Test func `with a current transaction, a new one, and the current one afterwards`()
        async throws
    {
        let rig = try Rig([])
        try await rig.manager.run { outer in
            let inner = try await rig.manager.run(.requiresNew) { TransactionManager.current }
            #expect(inner?.id != outer.id)
            #expect(inner?.status == .committed)
            #expect(TransactionManager.current === outer)
            try await rig.manager.runNew { #expect($0.id != outer.id) }
            #expect(TransactionManager.current === outer)
            #expect(outer.status == .active)
        }
        await rig.close()
    }

    @Test func `with a current transaction, none, and the current one afterwards`() async throws {
        let rig = try Rig([])
        try await rig.manager.run(readOnly: true) { outer in
            try await rig.manager.run(.notSupported) {
                #expect(TransactionManager.current == nil)
                #expect(!TransactionManager.isReadOnly)
                #expect(throws: RepriseError.self) { try TransactionManager.required() }
                try await rig.manager.run { #expect($0.id != outer.id) }
            }
            #expect(TransactionManager.current === outer)
            #expect(TransactionManager.isReadOnly)
        }
        await rig.close()
    }

    @Test(arguments: TransactionPolicy.allCases)
    func `the current transaction comes back after an error`(policy: TransactionPolicy)
        async throws
    {
        let rig = try Rig([])
        try await rig.manager.run(readOnly: true) { outer in
            await #expect(throws: Failure.self) {
                try await rig.manager.run(policy) { throw Failure() }
            }
            #expect(TransactionManager.current === outer)
            #expect(TransactionManager.isReadOnly)
        }
        await #expect(throws: Failure.self) {
            try await rig.manager.run(policy) { throw Failure() }
        }
        #expect(TransactionManager.current == nil)
        await rig.close()
    }

    @Test func `an inner transaction and the outer one know nothing of each other's outcome`()
        async throws
    {
        let diary = Probe<[String]>([])
        let (a, b) = (Recorder("a", diary), Recorder("b", diary))
        let rig = try Rig([a, b])
        // The inner one fails.
        try await rig.manager.run { outer in
            _ = try await outer.enlist(a)
            await #expect(throws: Failure.self) {
                try await rig.manager.runNew { inner in
                    _ = try await inner.enlist(b)
                    throw Failure()
                }
            }
            #expect(b.verbs == ["begin", "rollback"])
            #expect(outer.status == .active)
        }
        #expect(a.verbs == ["begin", "commit one phase"])
        // The outer one fails.
        await #expect(throws: Failure.self) {
            try await rig.manager.run { outer in
                _ = try await outer.enlist(a)
                try await rig.manager.runNew { _ = try await $0.enlist(b) }
                #expect(b.verbs.last == "commit one phase")
                throw Failure()
            }
        }
        #expect(a.verbs.last == "rollback")
        #expect(b.verbs.last == "commit one phase")
        await rig.close()
    }

    @Test func `the same resource has a branch in the outer and one in the inner transaction`()
        async throws
    {
        let a = Recorder("a")
        let rig = try Rig([a])
        try await rig.manager.run { outer in
            let first = try await outer.enlist(a)
            let again = try await outer.enlist(a)
            #expect(first === again)
            try await rig.manager.runNew { inner in
                let other = try await inner.enlist(a)
                #expect(other !== first)
                #expect(other.xid != first.xid)
            }
        }
        #expect(a.count(.begin) == 2 && a.count(.commitOnePhase) == 2)
        await rig.close()
    }

    @Test func `child tasks inherit the transaction, detached ones do not`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        try await rig.manager.run { transaction in
            async let inChild = TransactionManager.current?.id
            #expect(await inChild == transaction.id)
            try await withThrowingTaskGroup(of: RecordedBranch.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await TransactionManager.required().enlist(a) }
                }
                var branches: [RecordedBranch] = []
                for try await branch in group { branches.append(branch) }
                #expect(branches.allSatisfy { $0 === branches[0] })
            }
            let inTask = await Task { TransactionManager.current?.id }.value
            #expect(inTask == transaction.id)
            let detached = await Task.detached { TransactionManager.current?.id }.value
            #expect(detached == nil)
        }
        #expect(a.count(.begin) == 1)
        await rig.close()
    }

    @Test func `a task that outlives its transaction cannot work in it`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        let (gate, open) = AsyncStream<Void>.makeStream()
        let late: Task<Void, any Error> = try await rig.manager.run { transaction in
            Task {
                for await _ in gate {}
                try await Self.comeLate(to: transaction, a, rig)
            }
        }
        open.finish()
        try await late.value
        #expect(a.verbs == ["begin", "commit one phase"])
        #expect(rig.manager.list().isEmpty)
        await rig.close()
    }

    private static func comeLate(
        to transaction: Transaction, _ resource: Recorder, _ rig: Rig
    ) async throws {
        #expect(TransactionManager.current === transaction)
        await expectCode(.transactionNotActive) { _ = try await transaction.enlist(resource) }
        await expectCode(.transactionNotActive) {
            try await rig.manager.run { _ = Issue.record("it has ended") }
        }
        // In one of its own it can.
        try await rig.manager.runNew { _ = try await $0.enlist(resource) }
    }

    @Test func `a body on an actor stays there`() async throws {
        let rig = try Rig([])
        let sum = try await Account().pay(rig)
        #expect(sum == 2)
        await rig.close()
    }
}

private actor Account {
    private var sum = 0

    func pay(_ rig: Rig) async throws -> Int {
        try await rig.manager.run { (_: Transaction) in
            self.assertIsolated()
            sum += 1
            try await rig.manager.run(.requiresNew) { sum += 1 }
            return sum
        }
    }
}

/// The call must fail with this code.
func expectCode(
    _ code: ErrorCode, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing was thrown, not \(code)", sourceLocation: sourceLocation)
    } catch let error as RepriseError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error) was thrown, not \(code)", sourceLocation: sourceLocation)
    }
}
