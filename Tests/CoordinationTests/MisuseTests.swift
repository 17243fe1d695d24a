import Coordination
import Model
import Sessions
import TestSupport
import Testing
import Transactions

/// What is refused with a typed error, and leaves everything as it was.
@Suite struct MisuseTests {
    private struct Failure: Error {}

    @Test func `nothing can be added to a transaction that has ended`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        let committed = try await rig.manager.run { $0 }
        let rolledBack = Probe<Transaction?>(nil)
        try? await rig.manager.run { transaction in
            rolledBack.update { $0 = transaction }
            throw Failure()
        }
        for transaction in [committed, try #require(rolledBack.read { $0 })] {
            await expectCode(.transactionNotActive) { _ = try await transaction.enlist(a) }
            await expectCode(.transactionNotActive) { try transaction.beforeCommit {} }
            await expectCode(.transactionNotActive) { try transaction.afterCommit {} }
            await expectCode(.transactionNotActive) { try transaction.afterRollback {} }
            await expectCode(.transactionNotActive) { try transaction.afterCommit(Rig.kind) }
            await expectCode(.transactionNotActive) {
                try await transaction.afterRollback(Rig.kind)
            }
            await expectCode(.transactionNotActive) { _ = try transaction.openSession(Rig.kind) }
            await expectCode(.transactionNotActive) {
                try transaction.add(TransactionSynchronization())
            }
            await expectCode(.transactionNotActive) { try transaction.setHeaders([]) }
            await expectCode(.transactionNotActive) {
                try transaction.collect(1, into: .list("late", .afterCommit) { _ in })
            }
            await expectCode(.transactionNotActive) { try transaction.checkActive() }
            transaction.setRollbackOnly("too late")
        }
        #expect(committed.status == .committed)
        #expect(rolledBack.read { $0 }?.status == .rolledBack)
        #expect(a.verbs.isEmpty)
        #expect(rig.manager.list().isEmpty)
        await rig.close()
    }

    @Test func `a branch that is begun while the transaction ends is let go`() async throws {
        let (a, b) = (Recorder("a"), Recorder("b"))
        let rig = try Rig([a, b])
        let (gate, open) = AsyncStream<Void>.makeStream()
        let began = Probe<Bool>(false)
        b.onCall { verb in
            guard verb == .begin else { return }
            began.update { $0 = true }
            for await _ in gate {}
        }
        let late: Task<Void, Never> = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            let late = Task {
                await expectCode(.transactionNotActive) { _ = try await transaction.enlist(b) }
            }
            try await began.wait("the other task", seconds: 60) { $0 }
            return late
        }
        open.finish()
        await late.value
        #expect(a.verbs == ["begin", "commit one phase"])
        #expect(b.verbs == ["begin", "rollback"])
        #expect(rig.manager.list().isEmpty)
        await rig.close()
    }

    @Test func `rollback-only rolls back although the body returns, and tells why`()
        async throws
    {
        let a = Recorder("a")
        let rig = try Rig([a])
        let rollbacks = Count()
        do {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                try transaction.afterRollback { rollbacks.add() }
                transaction.setRollbackOnly("the balance is low")
                transaction.setRollbackOnly("another reason")
                await expectCode(.transactionRolledBack) { _ = try await transaction.enlist(a) }
                await expectCode(.transactionRolledBack) { try transaction.beforeCommit {} }
            }
            Issue.record("it was committed")
        } catch let error as RepriseError {
            #expect(error.code == .transactionRolledBack)
            #expect(error.message.contains("the balance is low"))
        }
        #expect(a.verbs == ["begin", "rollback"])
        #expect(rollbacks.value == 1)
        await rig.close()
    }

    // MARK: Resources

    @Test(arguments: ["", String(repeating: "é", count: 33)])
    func `a name of no or more than 64 bytes is refused`(name: String) throws {
        let registry = ResourceRegistry()
        let error = #expect(throws: RepriseError.self) { try registry.register(Recorder(name)) }
        #expect(error?.code == .resourceUnsuitable)
        #expect(registry.all.isEmpty)
    }

    @Test func `names that are strange but short enough work`() async throws {
        let names = ["a:b", "a_b", "a/b", String(repeating: "é", count: 32), " ", "\u{0}"]
        let resources = names.map { Recorder($0) }
        let rig = try Rig(resources)
        try await rig.manager.run { transaction in
            for resource in resources { _ = try await transaction.enlist(resource) }
            #expect(transaction.resources == names)
        }
        for resource in resources { #expect(resource.verbs == ["begin", "prepare", "commit"]) }
        let again = try await rig.restarted(resources)
        #expect(again.manager.list().isEmpty)
        await again.close()
    }

    @Test func `two resources of one name are refused`() async throws {
        let a = Recorder("a")
        let twin = Recorder("a")
        let rig = try Rig([a])
        let error = #expect(throws: RepriseError.self) { try rig.registry.register(twin) }
        #expect(error?.code == .invalidRequest)
        try await rig.manager.run { transaction in
            await expectCode(.resourceUnknown) { _ = try await transaction.enlist(twin) }
            _ = try await transaction.enlist(a)
            await expectCode(.resourceUnknown) { _ = try await transaction.enlist(twin) }
        }
        #expect(a.verbs == ["begin", "commit one phase"])
        #expect(twin.verbs.isEmpty)
        await rig.close()
    }

    @Test func `values pass for each other, however small they are`() async throws {
        let rig = try Rig([Empty(), Byte.first])
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(Empty())
            _ = try await transaction.enlist(Byte.first)
            _ = try await transaction.enlist(Byte.second)
            #expect(transaction.resources == ["empty", "byte"])
        }
        await rig.close()
    }

    @Test func `a resource that is not registered is refused`() async throws {
        let a = Recorder("a")
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            await expectCode(.resourceUnknown) { _ = try await transaction.enlist(a) }
            #expect(transaction.resources.isEmpty)
        }
        #expect(a.verbs.isEmpty)
        await rig.close()
    }

    @Test func `a branch that cannot be begun leaves the transaction usable`() async throws {
        let a = Recorder("a")
        let failures = Count()
        let b = Recorder("b") { verb in
            guard verb == .begin, failures.value == 0 else { return }
            failures.add()
            throw Failure()
        }
        let rig = try Rig([a, b])
        try await rig.manager.run { transaction in
            await expectCode(.resourceFailed) { _ = try await transaction.enlist(b) }
            #expect(transaction.resources.isEmpty)
            _ = try await transaction.enlist(a)
        }
        #expect(a.verbs == ["begin", "commit one phase"])
        #expect(b.verbs == ["begin"])
        // Another try in the same transaction may succeed.
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(b)
            _ = try await transaction.enlist(a)
        }
        #expect(b.verbs == ["begin", "begin", "prepare", "commit"])
        await rig.close()
    }

    @Test func `a second resource that cannot prepare is refused, the first goes on`()
        async throws
    {
        let (y, z) = (Recorder("y", prepares: false), Recorder("z", prepares: false))
        let rig = try Rig([y, z])
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(y)
            await expectCode(.resourceUnsuitable) { _ = try await transaction.enlist(z) }
        }
        #expect(y.verbs == ["begin", "commit one phase"])
        #expect(z.verbs == ["begin", "rollback"])
        await rig.close()
    }

    @Test func `one that can neither prepare nor tell its outcome commits only alone`()
        async throws
    {
        let a = Recorder("a")
        let z = Recorder("z", prepares: false, recordsOutcome: false)
        let rig = try Rig([a, z])
        try await rig.manager.run { _ = try await $0.enlist(z) }
        #expect(z.verbs == ["begin", "commit one phase"])
        await expectCode(.transactionRolledBack) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(z)
                _ = try await transaction.enlist(a)
            }
        }
        #expect(z.verbs.suffix(2) == ["begin", "rollback"])
        #expect(a.verbs == ["begin", "rollback"])
        await rig.close()
    }

    @Test func `branches have a limit`() async throws {
        let resources = (0..<4).map { Recorder("r\($0)") }
        let rig = try Rig(resources) { $0.options.maxBranches = 3 }
        try await rig.manager.run { transaction in
            for resource in resources[..<3] { _ = try await transaction.enlist(resource) }
            await expectCode(.tooLarge) { _ = try await transaction.enlist(resources[3]) }
            _ = try await transaction.enlist(resources[0])
        }
        #expect(resources.map { $0.count(.commit) } == [1, 1, 1, 0])
        await rig.close()
    }

    @Test func `ids of branches are ours, short, and different`() async throws {
        let (a, b) = (Recorder("a"), Recorder("b"))
        let rig = try Rig([a, b])
        let seen = Probe<Set<Xid>>([])
        for _ in 0..<20 {
            try await rig.manager.run { transaction in
                for resource in [a, b] {
                    let xid = try await transaction.enlist(resource).xid
                    seen.update { _ = $0.insert(xid) }
                    #expect(xid.global.count <= 64 && xid.branch.count <= 64)
                    #expect(xid.own?.journal == rig.identity)
                    #expect(xid.own?.transaction == transaction.id)
                }
            }
        }
        #expect(seen.read { $0.count } == 40)
        await rig.close()
    }

    // MARK: Durable work

    @Test func `durable work has limits, and what was refused is not there`() async throws {
        let rig = try Rig([]) { setting in
            setting.options.maxCargo = 3
            setting.options.maxCargoBytes = 2_000
        }
        let ids = try await rig.manager.run { transaction in
            await expectCode(.tooLarge) {
                try transaction.afterCommit(Rig.kind, [UInt8](repeating: 1, count: 2_000))
            }
            var ids = [try transaction.afterCommit(Rig.kind, [UInt8](repeating: 1, count: 1_000))]
            await expectCode(.tooLarge) {
                try transaction.afterCommit(Rig.kind, [UInt8](repeating: 1, count: 1_000))
            }
            ids.append(try transaction.afterCommit(Rig.kind))
            ids.append(try transaction.afterCommit(Rig.kind))
            await expectCode(.tooLarge) { try transaction.afterCommit(Rig.kind) }
            return ids
        }
        #expect(ids.allSatisfy { rig.records($0) != nil })
        #expect(rig.sessions == 3)
        await rig.close()
    }

    @Test func `unknown kinds, long records and headers, and messages without Kafka are refused`()
        async throws
    {
        let rig = try Rig([]) { $0.limits.maxRecordBytes = 10 }
        try await rig.manager.run { transaction in
            await expectCode(.unknownKind) {
                try transaction.afterCommit(Kind(unchecked: "nobody"))
            }
            await expectCode(.tooLarge) {
                try transaction.afterCommit(Rig.kind, [UInt8](repeating: 0, count: 11))
            }
            await expectCode(.kafkaConfiguration) {
                try transaction.send(OutboxMessage(topic: "t", key: nil, value: nil))
            }
        }
        #expect(rig.sessions == 0)
        await rig.close()
    }

    @Test func `the settings are checked`() {
        var options = TransactionOptions()
        #expect(throws: Never.self) { try options.validate() }
        let wrong: [(inout TransactionOptions) -> Void] = [
            { $0.timeout = 9 }, { $0.timeout = 86_400_001 }, { $0.recoveryInterval = 99 },
            { $0.graceOfUndecided = -1 }, { $0.maxNesting = 0 }, { $0.maxRounds = 101 },
            { $0.maxCargo = 4_001 }, { $0.maxCargoBytes = 0 }, { $0.maxBranches = 1_025 },
            { $0.retry.firstDelay = -1 },
        ]
        for change in wrong {
            options = TransactionOptions()
            change(&options)
            #expect(throws: RepriseError.self) { try options.validate() }
        }
    }
}
