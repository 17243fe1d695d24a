import Model
import Testing
import Transactions

/// One resource that cannot prepare: it commits between the others' votes and the decision, and so
/// is the decision.
@Suite struct LastResourceTests {
    /// The last resource was enlisted first, to show that the order does not matter.
    private static func voted() throws -> Coordinator {
        var coordinator = try Coordinators.active(Coordinators.last, Coordinators.plain)
        #expect(coordinator.handle(.commit) == [.prepare(2)])
        #expect(coordinator.handle(.voted(2, .prepared)) == [.write(.intended, forced: true)])
        #expect(coordinator.asked == 1)
        #expect(coordinator.references(for: .intended).map(\.number) == [1, 2])
        return coordinator
    }

    @Test func `it commits after the others prepared, and decides`() throws {
        var coordinator = try LastResourceTests.voted()
        #expect(
            coordinator.handle(.written(.intended)) == [.commitOnePhase(1, recordingOutcome: true)])
        #expect(
            coordinator.handle(.onePhase(1, .committed, reason: "")) == [
                .write(.committed, forced: false)
            ])
        #expect(coordinator.references(for: .committed).map(\.number) == [2])
        #expect(coordinator.handle(.written(.committed)) == [.commitPrepared(2)])
        #expect(
            coordinator.handle(.finished(2)) == [
                .report(.committed(pending: [])), .write(.ended, forced: false),
                .forgetOutcome(1), .finished,
            ])
    }

    @Test func `it says no: the others are rolled back`() throws {
        var coordinator = try LastResourceTests.voted()
        _ = coordinator.handle(.written(.intended))
        #expect(
            coordinator.handle(.onePhase(1, .notCommitted, reason: "conflict")) == [
                .rollBackPrepared(2)
            ])
        #expect(
            coordinator.handle(.finished(2)) == [
                .report(.rolledBack(reason: "conflict")), .write(.rolledBack, forced: false),
                .finished,
            ])
    }

    @Test func `its answer is lost: nobody is told anything before it was asked`() throws {
        var coordinator = try LastResourceTests.voted()
        _ = coordinator.handle(.written(.intended))
        #expect(coordinator.handle(.onePhaseLost(1, reason: "cut")) == [.askOutcome(1)])
        #expect(
            coordinator.handle(.onePhaseLost(1, reason: "down")) == [
                .report(.inDoubt(reason: "down")), .retryLater(1, attempts: 1),
            ])
        #expect(coordinator.handle(.rollBack(reason: "time")).isEmpty)
        #expect(coordinator.handle(.retry(1)) == [.askOutcome(1)])
        #expect(
            coordinator.handle(.onePhase(1, .committed, reason: "")) == [
                .write(.committed, forced: false)
            ])
    }

    @Test func `a refused intent rolls everybody back, the last resource as what it is`() throws {
        var coordinator = try LastResourceTests.voted()
        #expect(
            coordinator.handle(.writeRefused(.intended, reason: "full")) == [.rollBackPrepared(2)])
        #expect(coordinator.handle(.finished(2)) == [.rollBackActive(1)])
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "full")), .finished])
    }

    @Test func `another one's refusal is its rollback, too`() throws {
        var coordinator = try Coordinators.active(Coordinators.last, Coordinators.plain)
        _ = coordinator.handle(.commit)
        #expect(coordinator.handle(.prepareFailed(2, reason: "no")) == [.rollBackPrepared(2)])
        #expect(coordinator.handle(.finished(2)) == [.rollBackActive(1)])
    }

    @Test func `with cargo and read-only voters it decides for the cargo`() throws {
        var coordinator = try Coordinators.active(
            Coordinators.plain, Coordinators.last, cargo: true)
        _ = coordinator.handle(.commit)
        #expect(coordinator.handle(.voted(1, .readOnly)) == [.write(.intended, forced: true)])
        #expect(coordinator.references(for: .intended).map(\.number) == [2])
    }

    @Test func `a second one is refused`() throws {
        var coordinator = try Coordinators.active(Coordinators.last, Coordinators.plain)
        do {
            _ = try coordinator.enlist("second", abilities: Coordinators.bare)
            Issue.record("it was let in")
        } catch {
            #expect(error.code == .resourceUnsuitable)
        }
        #expect(coordinator.branches.count == 2)
        #expect(try coordinator.enlist("third", abilities: Coordinators.plain) == 3)
    }

    @Test func `one that leaves no record cannot join others`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.bare)
        #expect(coordinator.handle(.commit) == [.rollBackActive(2)])
        #expect(coordinator.handle(.finished(2)) == [.rollBackActive(1)])
        let reason = "resource r2 cannot tell its outcome after a crash"
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: reason)), .finished])
    }

    @Test func `its outcome is forgotten only when the decision was written`() throws {
        var coordinator = try LastResourceTests.voted()
        _ = coordinator.handle(.written(.intended))
        var effects = coordinator.handle(.onePhase(1, .committed, reason: ""))
        effects += coordinator.handle(.writeRefused(.committed, reason: "full"))
        effects += coordinator.handle(.retry(1))
        #expect(!effects.contains(.forgetOutcome(1)))
        #expect(!effects.contains(.commitPrepared(2)))
    }
}
