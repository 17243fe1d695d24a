import Coordination
import Model
import TestSupport
import Testing
import Transactions

/// Time-outs, also of bodies that hang, and callers that are cancelled.
@Suite struct TimeoutTests {
    private struct Failure: Error {}

    @Test func `work that takes too long is rolled back`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        let rollbacks = Count()
        await expectCode(.transactionTimeout) {
            try await rig.manager.run(timeout: .milliseconds(100)) { transaction in
                _ = try await transaction.enlist(a)
                try transaction.afterRollback { rollbacks.add() }
                rig.clock.advance(by: 100)
            }
        }
        #expect(a.verbs.first == "begin" && a.verbs.last == "rollback")
        #expect(rollbacks.value == 1)
        await rig.close()
    }

    @Test func `calls of a transaction whose time is up fail`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a]) { $0.options.timeout = 200 }
        await expectCode(.transactionTimeout) {
            try await rig.manager.run { transaction in
                rig.clock.advance(by: 199)
                try transaction.checkActive()
                rig.clock.advance(by: 1)
                await expectCode(.transactionTimeout) { try transaction.checkActive() }
                await expectCode(.transactionTimeout) { _ = try await transaction.enlist(a) }
                await expectCode(.transactionTimeout) { try transaction.afterCommit {} }
                await expectCode(.transactionTimeout) { try transaction.afterCommit(Rig.kind) }
            }
        }
        #expect(a.verbs.isEmpty)
        await rig.close()
    }

    @Test func `any time-out can be given`() async throws {
        let rig = try Rig([])
        try await rig.manager.run(timeout: .seconds(Int64.max)) { try $0.checkActive() }
        for timeout in [Duration.zero, .seconds(-1), .seconds(Int64.min)] {
            await expectCode(.transactionTimeout) {
                try await rig.manager.run(timeout: timeout) { _ in }
            }
        }
        await rig.close()
    }

    @Test func `a call that hangs is interrupted, and the caller learns why`() async throws {
        let (a, b) = (Recorder("a"), Recorder("b"))
        let rig = try Rig([a, b])
        do {
            try await rig.manager.run(timeout: .seconds(5)) { transaction in
                let branch = try await transaction.enlist(a)
                let other = try await transaction.enlist(b)
                rig.clock.advance(by: 4_999)
                #expect(branch.interruptions.read { $0 } == 0)
                rig.clock.advance(by: 1)
                try await branch.hang()
                #expect(other.interruptions.read { $0 } > 0)
            }
            Issue.record("it was committed")
        } catch let error as RepriseError {
            #expect(error.code == .transactionTimeout)
            #expect(error.cause?.contains("Failure") == true)
        }
        #expect(a.verbs.last == "rollback" && b.verbs.last == "rollback")
        #expect(rig.manager.list().isEmpty)
        await rig.close()
    }

    @Test func `a body that goes on to the next call is interrupted again`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        await expectCode(.transactionTimeout) {
            try await rig.manager.run(timeout: .seconds(5)) { transaction in
                let branch = try await transaction.enlist(a)
                rig.clock.advance(by: 5_000)
                try? await branch.hang()
                let before = branch.interruptions.read { $0 }
                try await branch.interruptions.wait("again", seconds: 60) { $0 > before }
            }
        }
        #expect(a.verbs == ["begin", "rollback"])
        await rig.close()
    }

    @Test func `a prepare that hangs is interrupted and counts as a refusal`() async throws {
        let b = Recorder("b")
        let interrupted = Probe<Bool>(false)
        let a = Recorder("a")
        let rig = try Rig([a, b])
        await expectCode(.transactionTimeout) {
            try await rig.manager.run(timeout: .seconds(5)) { transaction in
                let branch = try await transaction.enlist(a)
                _ = try await transaction.enlist(b)
                a.onCall { verb in
                    guard verb == .prepare else { return }
                    rig.clock.advance(by: 5_000)
                    do {
                        try await branch.hang()
                    } catch {
                        interrupted.update { $0 = true }
                        throw error
                    }
                }
            }
        }
        #expect(interrupted.read { $0 })
        #expect(b.verbs.suffix(2) == ["rollback", "rollback prepared"])
        #expect(a.verbs.suffix(2) == ["rollback", "rollback prepared"])
        await rig.close()
    }

    @Test func `what is decided is not hurried`() async throws {
        let a = Recorder("a")
        let b = Recorder("b")
        let rig = try Rig([a, b])
        let branch = Probe<RecordedBranch?>(nil)
        let other = Recorder("c")
        try rig.registry.register(other)
        b.onCall { verb in
            guard verb == .commit else { return }
            rig.clock.advance(by: 60_000)
            // The watchdog has looked again: another transaction was interrupted meanwhile.
            await expectCode(.transactionTimeout) {
                try await rig.manager.runNew(timeout: .milliseconds(10)) { transaction in
                    let late = try await transaction.enlist(other)
                    rig.clock.advance(by: 10)
                    try await late.hang()
                }
            }
        }
        let report = try await rig.manager.run { transaction in
            branch.update { $0 = nil }
            let mine = try await transaction.enlist(a)
            branch.update { $0 = mine }
            _ = try await transaction.enlist(b)
            return transaction
        }.report
        #expect(report == .committed(pending: []))
        #expect(branch.read { $0 }?.interruptions.read { $0 } == 0)
        await rig.close()
    }

    @Test func `nothing is interrupted in time`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        for _ in 0..<50 {
            try await rig.manager.run { transaction in
                let branch = try await transaction.enlist(a)
                #expect(branch.interruptions.read { $0 } == 0)
            }
        }
        #expect(a.count(.commitOnePhase) == 50)
        await rig.close()
    }

    // MARK: Cancelled callers

    @Test func `a cancelled caller whose body throws rolls back`() async throws {
        let a = Recorder("a")
        let b = Recorder("b") { verb in
            // A client that listens to cancellation.
            if verb == .rollback { try Task.checkCancellation() }
        }
        let rig = try Rig([a, b])
        let began = Probe<Bool>(false)
        let run = Task {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                _ = try await transaction.enlist(b)
                began.update { $0 = true }
                try await Task.sleep(for: .seconds(600))
            }
        }
        try await began.wait("the body", seconds: 60) { $0 }
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(a.verbs == ["begin", "rollback"] && b.verbs == ["begin", "rollback"])
        let trouble = rig.logged.read { $0.filter { $0.message.contains("could not be told") } }
        #expect(trouble.isEmpty, "a rollback is not cancelled with its caller")
        await rig.close()
    }

    @Test func `a caller that is cancelled too late does not tear the commit apart`()
        async throws
    {
        let hook: Recorder.Hook = { verb in
            if verb != .begin { try Task.checkCancellation() }
        }
        let (a, b) = (Recorder("a", hook: hook), Recorder("b", hook: hook))
        let rig = try Rig([a, b])
        let after = Count()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let run = Task {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                _ = try await transaction.enlist(b)
                try transaction.afterCommit {
                    try Task.checkCancellation()
                    after.add()
                }
                for await _ in gate {}
                #expect(Task.isCancelled)
                return transaction
            }
        }
        run.cancel()
        open.finish()
        let transaction = try await run.value
        #expect(transaction.report == .committed(pending: []))
        #expect(a.verbs.last == "commit" && b.verbs.last == "commit")
        #expect(after.value == 1)
        await rig.close()
    }
}
