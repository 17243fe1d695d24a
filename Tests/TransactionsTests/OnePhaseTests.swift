import Model
import Testing
import Transactions

/// No branch, or one: the log is needed only where something waits for the outcome.
@Suite struct OnePhaseTests {
    @Test func `without branches and cargo nothing is written`() throws {
        var coordinator = try Coordinators.active()
        #expect(coordinator.handle(.commit) == [.report(.committed(pending: [])), .finished])
        #expect(coordinator.status == .committed)
        #expect(coordinator.decision == .committed)
    }

    @Test func `without branches, cargo alone makes a decision`() throws {
        var coordinator = try Coordinators.active(cargo: true)
        #expect(coordinator.handle(.commit) == [.write(.committed, forced: true)])
        #expect(coordinator.references(for: .committed).isEmpty)
        #expect(coordinator.decision == nil)
        #expect(
            coordinator.handle(.written(.committed)) == [
                .report(.committed(pending: [])), .finished,
            ])
        #expect(coordinator.status == .committed)
    }

    @Test func `without branches, a decision that has no room is a rollback`() throws {
        var coordinator = try Coordinators.active(cargo: true)
        _ = coordinator.handle(.commit)
        #expect(
            coordinator.handle(.writeRefused(.committed, reason: "full")) == [
                .report(.rolledBack(reason: "full")), .finished,
            ])
        #expect(coordinator.status == .rolledBack)
    }

    @Test(arguments: [Coordinators.plain, Coordinators.able, Coordinators.last, Coordinators.bare])
    func `one branch without cargo commits by itself, whatever it can`(
        abilities: ResourceAbilities
    ) throws {
        var coordinator = try Coordinators.active(abilities)
        #expect(coordinator.handle(.commit) == [.commitOnePhase(1, recordingOutcome: false)])
        #expect(coordinator.status == .committing)
        #expect(
            coordinator.handle(.onePhase(1, .committed, reason: "")) == [
                .report(.committed(pending: [])), .finished,
            ])
        #expect(coordinator.status == .committed)
        #expect(coordinator.state(1) == .committed)
    }

    @Test func `a commit that nobody needs to know is written for those who want to be told`()
        throws
    {
        var coordinator = try Coordinators.active(Coordinators.plain, recordsCommit: true)
        _ = coordinator.handle(.commit)
        #expect(
            coordinator.handle(.onePhase(1, .committed, reason: "")) == [
                .report(.committed(pending: [])), .write(.committed, forced: false), .finished,
            ])
        #expect(coordinator.references(for: .committed).isEmpty)
        #expect(coordinator.handle(.writeRefused(.committed, reason: "full")).isEmpty)
        #expect(coordinator.status == .committed)

        var readers = try Coordinators.active(
            Coordinators.plain, Coordinators.plain, recordsCommit: true)
        _ = readers.handle(.commit)
        _ = readers.handle(.voted(1, .readOnly))
        #expect(
            readers.handle(.voted(2, .readOnly)) == [
                .report(.committed(pending: [])), .write(.committed, forced: false), .finished,
            ])
    }

    @Test func `a commit that is written anyway is not written twice`() throws {
        var coordinator = try Coordinators.active(
            Coordinators.able, cargo: true, recordsCommit: true)
        #expect(coordinator.handle(.commit) == [.write(.intended, forced: true)])
        _ = coordinator.handle(.written(.intended))
        #expect(
            coordinator.handle(.onePhase(1, .committed, reason: "")) == [
                .write(.committed, forced: false)
            ])
        #expect(
            coordinator.handle(.written(.committed)) == [
                .report(.committed(pending: [])), .forgetOutcome(1), .finished,
            ])
    }

    @Test func `without branches nobody is told`() throws {
        var coordinator = try Coordinators.active(recordsCommit: true)
        #expect(coordinator.handle(.commit) == [.report(.committed(pending: [])), .finished])
    }

    @Test func `one branch that says it rolled back has`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain)
        _ = coordinator.handle(.commit)
        #expect(
            coordinator.handle(.onePhase(1, .notCommitted, reason: "conflict")) == [
                .report(.rolledBack(reason: "conflict")), .finished,
            ])
        #expect(coordinator.status == .rolledBack)
        #expect(coordinator.decision == .notCommitted)
    }

    @Test func `one branch whose answer is lost leaves nobody to ask`() throws {
        var coordinator = try Coordinators.active(Coordinators.able)
        _ = coordinator.handle(.commit)
        #expect(
            coordinator.handle(.onePhaseLost(1, reason: "cut")) == [
                .report(.inDoubt(reason: "cut")), .finished,
            ])
        #expect(coordinator.decision == nil)
        #expect(!coordinator.status.isFinal)
    }

    @Test func `the only one to vote read-only among two leaves one phase to the last resource`()
        throws
    {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.last)
        #expect(coordinator.handle(.commit) == [.prepare(1)])
        #expect(
            coordinator.handle(.voted(1, .readOnly)) == [
                .commitOnePhase(2, recordingOutcome: false)
            ])
        #expect(
            coordinator.handle(.onePhase(2, .committed, reason: "")) == [
                .report(.committed(pending: [])), .finished,
            ])
    }

    // MARK: With cargo

    @Test func `with cargo the intent is durable before the branch commits`() throws {
        var coordinator = try Coordinators.active(Coordinators.able, cargo: true)
        #expect(coordinator.handle(.commit) == [.write(.intended, forced: true)])
        #expect(coordinator.asked == 1)
        #expect(
            coordinator.references(for: .intended) == [BranchReference(number: 1, resource: "r1")])
        #expect(
            coordinator.handle(.written(.intended)) == [.commitOnePhase(1, recordingOutcome: true)])
        // In the log's order before what it sets free; nothing waits for the disk.
        #expect(
            coordinator.handle(.onePhase(1, .committed, reason: "")) == [
                .write(.committed, forced: false)
            ])
        #expect(coordinator.references(for: .committed).isEmpty)
        #expect(
            coordinator.handle(.written(.committed)) == [
                .report(.committed(pending: [])), .forgetOutcome(1), .finished,
            ])
        #expect(coordinator.status == .committed)
    }

    @Test func `with cargo a refused intent rolls back what is in hand, and writes nothing`()
        throws
    {
        var coordinator = try Coordinators.active(Coordinators.able, cargo: true)
        _ = coordinator.handle(.commit)
        #expect(
            coordinator.handle(.writeRefused(.intended, reason: "full")) == [.rollBackActive(1)])
        #expect(coordinator.asked == nil)
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: "full")), .finished])
    }

    @Test func `with cargo a lost intent is in doubt, and no verb follows`() throws {
        var coordinator = try Coordinators.active(Coordinators.able, cargo: true)
        _ = coordinator.handle(.commit)
        #expect(
            coordinator.handle(.writeLost(.intended, reason: "disk")) == [
                .report(.inDoubt(reason: "disk")), .finished,
            ])
        #expect(coordinator.handle(.written(.intended)).isEmpty)
    }

    @Test func `with cargo a branch that rolled back closes the intent`() throws {
        var coordinator = try Coordinators.active(Coordinators.able, cargo: true)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.written(.intended))
        #expect(
            coordinator.handle(.onePhase(1, .notCommitted, reason: "conflict")) == [
                .report(.rolledBack(reason: "conflict")), .write(.rolledBack, forced: false),
                .finished,
            ])
    }

    @Test func `with cargo a lost answer is asked for, until it comes`() throws {
        var coordinator = try Coordinators.active(Coordinators.able, cargo: true)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.written(.intended))
        #expect(coordinator.handle(.onePhaseLost(1, reason: "cut")) == [.askOutcome(1)])
        #expect(
            coordinator.handle(.onePhaseLost(1, reason: "down")) == [
                .report(.inDoubt(reason: "down")), .retryLater(1, attempts: 1),
            ])
        #expect(coordinator.handle(.retry(1)) == [.askOutcome(1)])
        #expect(
            coordinator.handle(.onePhaseLost(1, reason: "down")) == [.retryLater(1, attempts: 2)])
        #expect(coordinator.handle(.retry(1)) == [.askOutcome(1)])
        #expect(
            coordinator.handle(.onePhase(1, .committed, reason: "")) == [
                .write(.committed, forced: false)
            ])
        // The caller has heard that it is in doubt; once is enough.
        #expect(
            coordinator.handle(.written(.committed)) == [.forgetOutcome(1), .finished])
    }

    @Test func `a decision that a branch made is written sooner or later`() throws {
        var coordinator = try Coordinators.active(Coordinators.able, cargo: true)
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.written(.intended))
        _ = coordinator.handle(.onePhase(1, .committed, reason: ""))
        #expect(
            coordinator.handle(.writeRefused(.committed, reason: "full")) == [
                .report(.committed(pending: [])), .retryLater(1, attempts: 1),
            ])
        #expect(coordinator.handle(.retry(1)) == [.write(.committed, forced: false)])
        #expect(
            coordinator.handle(.writeRefused(.committed, reason: "full")) == [
                .retryLater(1, attempts: 2)
            ])
        #expect(coordinator.handle(.retry(1)) == [.write(.committed, forced: false)])
        #expect(coordinator.handle(.written(.committed)) == [.forgetOutcome(1), .finished])
        #expect(coordinator.status == .committed)
    }

    @Test func `with cargo a branch that cannot be asked prepares, and the decision is written`()
        throws
    {
        var coordinator = try Coordinators.active(Coordinators.plain, cargo: true)
        #expect(coordinator.handle(.commit) == [.prepare(1)])
        #expect(
            coordinator.handle(.voted(1, .prepared)) == [.write(.committed, forced: true)])
        #expect(
            coordinator.references(for: .committed) == [BranchReference(number: 1, resource: "r1")])
        #expect(coordinator.handle(.written(.committed)) == [.commitPrepared(1)])
        #expect(
            coordinator.handle(.finished(1)) == [
                .report(.committed(pending: [])), .write(.ended, forced: false), .finished,
            ])
    }

    @Test func `with cargo a branch that can neither prepare nor be asked rolls back`() throws {
        var coordinator = try Coordinators.active(Coordinators.bare, cargo: true)
        #expect(coordinator.handle(.commit) == [.rollBackActive(1)])
        let reason = "resource r1 cannot tell its outcome after a crash"
        #expect(
            coordinator.handle(.finished(1)) == [.report(.rolledBack(reason: reason)), .finished])
    }

    // MARK: Intents that the driver wrote when the transaction began

    @Test func `what began with an intent ends with a record`() throws {
        var committing = try Coordinators.active()
        #expect(committing.handle(.written(.intended)).isEmpty)
        #expect(committing.handle(.commit) == [.write(.committed, forced: true)])

        var rollingBack = try Coordinators.active(Coordinators.plain)
        #expect(rollingBack.handle(.written(.intended)).isEmpty)
        #expect(rollingBack.handle(.rollBack(reason: "no")) == [.rollBackActive(1)])
        #expect(
            rollingBack.handle(.finished(1)) == [
                .report(.rolledBack(reason: "no")), .write(.rolledBack, forced: false), .finished,
            ])
    }

    @Test func `what began with an intent says whom to ask before one branch commits`() throws {
        var coordinator = try Coordinators.active(Coordinators.able)
        _ = coordinator.handle(.written(.intended))
        #expect(coordinator.handle(.commit) == [.write(.intended, forced: true)])
        #expect(
            coordinator.handle(.written(.intended)) == [.commitOnePhase(1, recordingOutcome: true)])
    }

    @Test func `what began with an intent and voted read-only is decided in the log`() throws {
        var coordinator = try Coordinators.active(Coordinators.plain, Coordinators.plain)
        _ = coordinator.handle(.written(.intended))
        _ = coordinator.handle(.commit)
        _ = coordinator.handle(.voted(1, .readOnly))
        #expect(
            coordinator.handle(.voted(2, .readOnly)) == [.write(.committed, forced: true)])
    }
}
