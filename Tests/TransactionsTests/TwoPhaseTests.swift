import Model
import Testing
import Transactions

/// Votes, the decision, and what may go wrong before it.
@Suite struct TwoPhaseTests {
    @Test func `prepare all, write, commit all, end`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.able)
        #expect(coordinator.handle(.commit) == [.prepare(1), .prepare(2)])
        #expect(coordinator.status == .preparing)
        #expect(coordinator.handle(.voted(2, .prepared)).isEmpty)
        #expect(coordinator.handle(.voted(1, .prepared)) == [.write(.committed, forced: true)])
        #expect(
            coordinator.references(for: .committed) == [
                BranchReference(number: 1, resource: "r1"),
                BranchReference(number: 2, resource: "r2"),
            ])
        // No branch is told before the decision is durable.
        #expect(coordinator.decision == nil)
        #expect(
            coordinator.handle(.written(.committed)) == [.commitPrepared(1), .commitPrepared(2)])
        #expect(coordinator.decision == .committed)
        #expect(coordinator.handle(.finished(1)).isEmpty)
        #expect(
            coordinator.handle(.finished(2)) == [
                .report(.committed(pending: [])), .write(.ended, forced: false), .finished,
            ])
        #expect(coordinator.references(for: .ended).isEmpty)
        #expect(coordinator.status == .committed)
    }

    @Test(arguments: [false, true])
    func `cargo changes nothing about two phases`(cargo: Bool) throws {
        var coordinator = try Coordinators.active(
            Coordinators.able, Coordinators.able, cargo: cargo)
        #expect(coordinator.handle(.commit) == [.prepare(1), .prepare(2)])
        _ = coordinator.handle(.voted(1, .prepared))
        #expect(coordinator.handle(.voted(2, .prepared)) == [.write(.committed, forced: true)])
    }

    @Test func `all read-only: nothing to decide, nothing to write`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.commit)
        #expect(coordinator.handle(.voted(1, .readOnly)).isEmpty)
        #expect(
            coordinator.handle(.voted(2, .readOnly)) == [
                .report(.committed(pending: [])), .finished,
            ])
        #expect(coordinator.status == .committed)
    }

    @Test func `all read-only with cargo: the decision is the cargo's`() throws {
        var coordinator = try Coordinators.active(
            Coordinators.plain, Coordinators.plain, cargo: true)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.voted(1, .readOnly))
        #expect(coordinator.handle(.voted(2, .readOnly)) == [.write(.committed, forced: true)])
        #expect(coordinator.references(for: .committed).isEmpty)
        #expect(
            coordinator.handle(.written(.committed)) == [
                .report(.committed(pending: [])), .finished,
            ])
    }

    @Test func `a read-only voter is never committed`() throws {
        var coordinator = try Coordinators.active(
            Coordinators.plain, Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.voted(1, .prepared))
        _ = coordinator.handle(.voted(2, .readOnly))
        _ = coordinator.handle(.voted(3, .prepared))
        #expect(coordinator.references(for: .committed).map(\.number) == [1, 3])
        #expect(
            coordinator.handle(.written(.committed)) == [.commitPrepared(1), .commitPrepared(3)])
    }

    @Test func `a read-only voter is never rolled back`() throws {
        var coordinator = try Coordinators.active(
            Coordinators.plain, Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.voted(1, .prepared))
        _ = coordinator.handle(.voted(2, .readOnly))
        #expect(
            coordinator.handle(.prepareFailed(3, reason: "no")) == [.rollBackPrepared(3)])
        #expect(coordinator.handle(.finished(3)) == [.rollBackPrepared(1)])
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "no")), .finished])
        #expect(coordinator.state(2) == .readOnly)
    }

    // MARK: Before the decision

    @Test func `a rollback waits for every vote, then goes in reverse order of enlistment`() throws
    {
        var coordinator = try Coordinators.active(
            Coordinators.plain, Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.commit)
        // Its answer may have been lost: it is rolled back as if it were prepared.
        #expect(coordinator.handle(.prepareFailed(2, reason: "cut")).isEmpty)
        #expect(coordinator.handle(.voted(3, .prepared)).isEmpty)
        #expect(coordinator.handle(.voted(1, .prepared)) == [.rollBackPrepared(3)])
        #expect(coordinator.handle(.finished(3)) == [.rollBackPrepared(2)])
        #expect(coordinator.handle(.finished(2)) == [.rollBackPrepared(1)])
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "cut")), .finished])
        #expect(coordinator.decision == .notCommitted)
    }

    @Test func `the first failure is what the caller sees`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.prepareFailed(2, reason: "first"))
        _ = coordinator.handle(.prepareFailed(1, reason: "second"))
        _ = coordinator.handle(.finished(2))
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "first")), .finished])
    }

    @Test func `a refusal without a reason is a refusal`() throws {
        var refused = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        _ = refused.handle(.commit)
        _ = refused.handle(.voted(1, .prepared))
        #expect(refused.handle(.prepareFailed(2, reason: "")) == [.rollBackPrepared(2)])

        var asked = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        _ = asked.handle(.commit)
        #expect(asked.handle(.rollBack(reason: "")).isEmpty)
        _ = asked.handle(.voted(1, .prepared))
        #expect(asked.handle(.voted(2, .prepared)) == [.rollBackPrepared(2)])
    }

    @Test func `a rollback asked for while votes come in wins`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.voted(2, .prepared))
        #expect(coordinator.handle(.rollBack(reason: "time")).isEmpty)
        #expect(coordinator.handle(.voted(1, .prepared)) == [.rollBackPrepared(2)])
        #expect(coordinator.status == .rollingBack)
    }

    @Test func `a decision that has no room is a rollback`() throws {
        var coordinator = try Coordinators.rollingBack()
        #expect(coordinator.handle(.finished(2)) == [.rollBackPrepared(1)])
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "full")), .finished])
    }

    @Test func `a decision of which nobody knows whether it is on disk: in doubt, and no verb`()
        throws
    {
        var coordinator = try Coordinators.deciding()
        #expect(
            coordinator.handle(.writeLost(.committed, reason: "disk")) == [
                .report(.inDoubt(reason: "disk")), .finished,
            ])
        for input in Inputs.all { #expect(coordinator.handle(input).isEmpty, "\(input)") }
        #expect(!coordinator.status.isFinal)
    }

    // MARK: Rollback of what is in hand

    @Test func `an active transaction is rolled back in reverse order, and nothing is written`()
        throws
    {
        var coordinator = try Coordinators.active(
            Coordinators.plain, Coordinators.last, cargo: true)
        #expect(coordinator.handle(.rollBack(reason: "no")) == [.rollBackActive(2)])
        #expect(coordinator.handle(.finished(2)) == [.rollBackActive(1)])
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "no")), .finished])
    }

    @Test func `a rollback is written where somebody waits for it`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, recordsRollback: true)
        _ = coordinator.handle(.rollBack(reason: "no"))
        #expect(
            coordinator.handle(.finished(1)) == [
                .report(.rolledBack(reason: "no")), .write(.rolledBack, forced: false), .finished,
            ])
    }

    @Test func `an unprepared branch that cannot be told is no error`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.rollBack(reason: "no"))
        #expect(coordinator.handle(.failed(2, reason: "gone")) == [.rollBackActive(1)])
        #expect(
            coordinator.handle(.failed(1, reason: "gone")) == [
                .report(.rolledBack(reason: "no")), .finished,
            ])
    }

    @Test func `a prepared branch that cannot be reached keeps nobody waiting, and is retried`()
        throws
    {
        var coordinator = try Coordinators.rollingBack()
        #expect(
            coordinator.handle(.failed(2, reason: "down")) == [
                .rollBackPrepared(1), .retryLater(2, attempts: 1),
            ])
        #expect(coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "full"))])
        #expect(coordinator.status == .rollingBack)
        #expect(coordinator.handle(.retry(2)) == [.rollBackPrepared(2)])
        #expect(
            coordinator.handle(.failed(2, reason: "down")) == [.retryLater(2, attempts: 2)])
        #expect(coordinator.handle(.retry(2)) == [.rollBackPrepared(2)])
        #expect(coordinator.handle(.finished(2)) == [.finished])
        #expect(coordinator.status == .rolledBack)
    }

    @Test func `enlisting ends with the active part`() throws {
        var coordinator = try Coordinators.deciding()
        #expect(throws: RepriseError.self) {
            try coordinator.enlist("late", abilities: Coordinators.plain)
        }
        do {
            _ = try coordinator.enlist("late", abilities: Coordinators.plain)
        } catch { #expect(error.code == .transactionNotActive) }
        // Nor does the cargo change any more.
        let before = coordinator
        coordinator.load(hasCargo: true, recordsRollback: true)
        #expect(coordinator == before)
    }
}
