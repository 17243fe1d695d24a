import Coordination
import Journal
import Model
import Sessions
import TestSupport
import Testing
import Transactions
import WAL

/// TRANSACTIONS.md, sections 1 and 4: named actions become sessions, if and only if the outcome is the
/// one that they wait for, whatever dies when.
@Suite struct DurableActionTests {
    private struct Failure: Error {}

    enum Shape: Int, CaseIterable, Sendable {
        case none, one, two
    }

    private func enlist(_ shape: Shape, _ transaction: Transaction, _ resources: [Recorder])
        async throws
    {
        for resource in resources.prefix(shape.rawValue) {
            _ = try await transaction.enlist(resource)
        }
    }

    @Test(arguments: Shape.allCases)
    func `after the commit its session exists, and after a restart`(shape: Shape) async throws {
        let resources = [Recorder("a"), Recorder("b")]
        let rig = try Rig(resources)
        let (id, never) = try await rig.manager.run { transaction in
            try await enlist(shape, transaction, resources)
            let id = try transaction.afterCommit(
                Rig.kind, [1, 2], headers: [Header("trace", "t")])
            let never = try await transaction.afterRollback(Rig.kind, [3])
            #expect(rig.sessions == 0)
            return (id, never)
        }
        #expect(rig.records(id) == [[1, 2]])
        #expect(rig.records(never) == nil)
        let again = try await rig.killed(resources)
        await again.recovery.round()
        let session = try #require(again.journal.session(id))
        #expect(session.records == [[1, 2]])
        #expect(session.kind == Rig.kind)
        #expect(session.headers == [Header("trace", "t")])
        #expect(again.records(never) == nil)
        #expect(again.sessions == 1)
        await again.close()
    }

    @Test(arguments: Shape.allCases)
    func `after a rollback its session exists, and after a restart`(shape: Shape) async throws {
        let resources = [Recorder("a"), Recorder("b")]
        let rig = try Rig(resources)
        let ids = Probe<[SessionID]>([])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                try await enlist(shape, transaction, resources)
                let never = try transaction.afterCommit(Rig.kind, [1])
                let id = try await transaction.afterRollback(Rig.kind, [2])
                let other = try await transaction.afterRollback(Rig.kind, [3])
                ids.update { $0 = [never, id, other] }
                #expect(rig.sessions == 0)
                throw Failure()
            }
        }
        let found = ids.read { $0 }
        #expect(found.map { rig.records($0) } == [nil, [[2]], [[3]]])
        try await rig.idle()
        let again = try await rig.killed(resources)
        await again.recovery.round()
        #expect(found.map { again.records($0) } == [nil, [[2]], [[3]]])
        await again.close()
    }

    @Test(arguments: Shape.allCases)
    func `when the process dies before the decision, what waits for a rollback begins`(
        shape: Shape
    ) async throws {
        let resources = [Recorder("a"), Recorder("b")]
        let rig = try Rig(resources)
        let ids = Probe<[SessionID]>([])
        let died = Probe<Rig?>(nil)
        try? await rig.manager.run { transaction in
            try await enlist(shape, transaction, resources)
            let id = try await transaction.afterRollback(Rig.kind, [2])
            let never = try transaction.afterCommit(Rig.kind, [1])
            ids.update { $0 = [never, id] }
            let next = try Rig(resources, files: rig.files.kill())
            died.update { $0 = next }
        }
        let again = try #require(died.read { $0 })
        #expect(again.sessions == 0, "not before recovery has decided")
        await again.recovery.round()
        #expect(ids.read { $0 }.map { again.records($0) } == [nil, [[2]]])
        #expect(again.manager.list().isEmpty)
        await rig.close()
        await again.close()
    }

    @Test func `intents of several tasks at once are all kept`() async throws {
        let rig = try Rig([])
        let ids = Probe<Set<SessionID>>([])
        let died = Probe<Rig?>(nil)
        try? await rig.manager.run { transaction in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        let id = try await transaction.afterRollback(Rig.kind, [UInt8(index)])
                        ids.update { _ = $0.insert(id) }
                    }
                }
                try await group.waitForAll()
            }
            let next = try Rig([], files: rig.files.kill())
            died.update { $0 = next }
        }
        let again = try #require(died.read { $0 })
        await again.recovery.round()
        #expect(ids.read { $0 }.allSatisfy { again.records($0) != nil })
        #expect(again.sessions == 40)
        await rig.close()
        await again.close()
    }

    @Test func `sessions begin in the order of the actions, due at once`() async throws {
        let rig = try Rig([])
        let ids = try await rig.manager.run { transaction in
            let last = try transaction.afterCommit(Rig.kind, [3], order: 3)
            let first = try transaction.afterCommit(Rig.kind, [1], order: 1)
            let second = try transaction.afterCommit(Rig.kind, [2], order: 1)
            return [first, second, last]
        }
        let sessions = try ids.map { try #require(rig.journal.session($0)) }
        let now = rig.journal.now()
        #expect(sessions.allSatisfy { ($0.due ?? .zero) <= now })
        let openings = sessions.map(\.first)
        #expect(openings == openings.sorted())
        await rig.close()
    }

    @Test func `a session that is opened in a transaction is the caller's after the commit`()
        async throws
    {
        let rig = try Rig([])
        let (id, own) = try await rig.manager.run { transaction in
            let id = try transaction.openSession(Rig.leased, record: [1])
            let own = try transaction.openSession(Rig.kind, lease: .seconds(60))
            #expect(rig.records(id) == nil)
            return (id, own)
        }
        let session = try #require(rig.journal.session(id))
        let lease = try #require(session.due) - session.created
        #expect(lease == Rig.lease, "the kind's, from the commit on")
        let other = try #require(rig.journal.session(own))
        #expect(try #require(other.due) - other.created == 60_000)
        _ = try await rig.journal.append(id, record: [2], token: .none)
        #expect(rig.records(id) == [[1], [2]])
        _ = try await rig.journal.complete(id, token: .none)
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                _ = try transaction.openSession(Rig.kind, record: [9])
                throw Failure()
            }
        }
        #expect(rig.sessions == 1)
        await rig.close()
    }

    @Test func `one branch with durable work is asked, not guessed`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        let id = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            return try transaction.afterCommit(Rig.kind, [1])
        }
        #expect(rig.records(id) != nil)
        try await a.diary.wait("the record is forgotten", seconds: 60) { $0.contains("a forget") }
        #expect(a.verbs == ["begin", "commit recorded", "forget"])
        await rig.close()
    }

    @Test func `an intent that finds no room is refused, and nothing of it stays`()
        async throws
    {
        let rig = try Rig([]) { $0.maxSegments = 4 }
        await fill(rig)
        await expectCode(.transactionRolledBack) {
            try await rig.manager.run { transaction in
                await expectCode(.diskFull) {
                    try await transaction.afterRollback(
                        Rig.kind, [UInt8](repeating: 1, count: 4_000))
                }
                transaction.setRollbackOnly("and so")
            }
        }
        let before = rig.sessions
        let again = try await rig.restarted([]) { $0.maxSegments = 4 }
        await again.recovery.round()
        #expect(again.sessions == before)
        #expect(again.manager.list().isEmpty)
        await again.close()
    }

    // MARK: Context

    private static let context = [
        Header("traceparent", "00-1-2-01"), Header("tracestate", "a=b"),
        Header("reprise-causation", "order-1"), Header("tenant", "7"),
    ]

    @Test func `trace and causation go to durable actions, unless they bring their own`()
        async throws
    {
        let rig = try Rig([])
        let (plain, traced) = try await rig.manager.run { transaction in
            let plain = try transaction.afterCommit(Rig.kind)
            let traced = try transaction.afterCommit(
                Rig.kind, headers: [Header("TraceParent", "00-9-9-01")])
            try transaction.setHeaders(Self.context)
            return (plain, traced)
        }
        #expect(rig.journal.session(plain)?.headers == Array(Self.context.prefix(3)))
        #expect(
            rig.journal.session(traced)?.headers
                == [Header("TraceParent", "00-9-9-01"), Header("reprise-causation", "order-1")])
        await rig.close()
    }

    @Test func `they also go to what follows a rollback`() async throws {
        let rig = try Rig([])
        let action = Probe<SessionID?>(nil)
        await #expect(throws: CancellationError.self) {
            try await rig.manager.run { transaction in
                try transaction.setHeaders(Self.context)
                let id = try await transaction.afterRollback(Rig.kind)
                action.update { $0 = id }
                throw CancellationError()
            }
        }
        let id = try #require(action.read { $0 })
        #expect(rig.journal.session(id)?.headers == Array(Self.context.prefix(3)))
        await rig.close()
    }

    @Test func `they also go to transactions that begin within it or after it`() async throws {
        let rig = try Rig([])
        let actions = Probe<[SessionID]>([])
        let manager = rig.manager
        let note: @Sendable () async throws -> Void = {
            let id = try await manager.runNew { try $0.afterCommit(Rig.kind) }
            actions.update { $0.append(id) }
        }
        try await manager.run { transaction in
            try transaction.setHeaders(Self.context)
            try await note()
            try await manager.run(.notSupported) { try await note() }
            try transaction.afterCommit(note)
        }
        let ids = actions.read { $0 }
        #expect(ids.count == 3)
        for id in ids {
            #expect(rig.journal.session(id)?.headers == Array(Self.context.prefix(3)))
        }
        try await note()
        #expect(actions.read { $0.last }.flatMap { rig.journal.session($0)?.headers } == [])
        await rig.close()
    }

    @Test func `context that a session has no room for is left out`() async throws {
        let rig = try Rig([]) { $0.limits.maxHeaders = 4 }
        let full = (0..<4).map { Header("h\($0)", "v") }
        let id = try await rig.manager.run { transaction in
            try transaction.setHeaders(Self.context)
            return try transaction.afterCommit(Rig.kind, headers: full)
        }
        #expect(rig.journal.session(id)?.headers == full)
        await rig.close()
    }

    @Test func `the outcome event's own attributes cannot be set`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            for name in ["ce_id", "CE_TYPE", "Content-Type"] {
                await expectCode(.invalidRequest) {
                    try transaction.setHeaders([Header(name, "x")])
                }
            }
        }
        await rig.close()
    }

    // MARK: Messages

    @Test func `messages and headers travel with the decision`() async throws {
        let rig = try Rig([]) { $0.mirrored = { _, _ throws(RepriseError) in } }
        let before = rig.appended
        try await rig.manager.run { transaction in
            try transaction.setHeaders([Header("traceparent", "00-1-2-01")])
            try transaction.send(OutboxMessage(topic: "orders", key: [1], value: [2]))
            await expectCode(.invalidRequest) {
                try transaction.send(OutboxMessage(topic: "", key: nil, value: nil))
            }
        }
        #expect(rig.appended == before + 1, "one record has it all")
        await rig.close()
    }
}

/// Sessions until the journal takes no more than what finishes work.
func fill(_ rig: Rig) async {
    for _ in 0..<100_000 {
        do {
            _ = try await rig.journal.open(
                SessionID(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max)),
                kind: Rig.kind, record: [UInt8](repeating: 7, count: 4_000),
                headers: [], lease: 60_000, partition: 0)
        } catch {
            #expect(error.code == .diskFull)
            return
        }
    }
    Issue.record("the journal is never full")
}
