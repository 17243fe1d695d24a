import Model
import PostgresSupport
import ReprisePostgres
import TestSupport
import Testing
import Transactions

@Suite struct BranchEndTests {
    @Test func readingOnlyVotesReadOnly() async throws {
        let shop = try await resource()
        for readOnly in [true, false] {
            let xid = freshXid()
            let branch = try await shop.begin(xid, readOnly: readOnly)
            try await branch.query("SELECT count(*) FROM entries")
            #expect(try await branch.prepare() == .readOnly)
            #expect(try await !shop.preparedBranches().contains(xid))
        }
    }

    @Test func writingInAReadOnlyBranchIsRefusedByTheServer() async throws {
        let branch = try await resource().begin(freshXid(), readOnly: true)
        let error = await repriseError { try await branch.put(freshKey(), "new") }
        #expect(error?.sqlState == "25006")
        try await branch.rollback()
    }

    @Test func aDeferredConstraintFailsThePreparationAndNothingIsLeft() async throws {
        let server = try await PostgresServer.shared()
        let table = "deferred_\(UInt64.random(in: .min ... .max))"
        try await server.run(
            "CREATE TABLE \(table) (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let shop = try await resource()
        let xid = freshXid()
        let branch = try await shop.begin(xid, readOnly: false)
        try await branch.query("INSERT INTO \(table) VALUES (1), (1)")
        let error = await repriseError { _ = try await branch.prepare() }
        #expect(error?.sqlState == "23505")
        try await branch.rollback()
        #expect(try await !shop.preparedBranches().contains(xid))

        let onePhase = try await shop.begin(freshXid(), readOnly: false)
        try await onePhase.query("INSERT INTO \(table) VALUES (1), (1)")
        #expect(await isRolledBack { try await onePhase.commitOnePhase(recordingOutcome: true) })
        #expect(try await server.run("SELECT id FROM \(table)").isEmpty)
    }

    @Test func aBranchWithAFailedStatementIsNotCommitted() async throws {
        let shop = try await resource()
        for recording in [true, false] {
            let key = freshKey()
            let xid = freshXid()
            let branch = try await shop.begin(xid, readOnly: false)
            try await branch.put(key, "new")
            #expect(await repriseError { try await branch.query("SELECT 1 / 0") } != nil)
            #expect(
                await isRolledBack { try await branch.commitOnePhase(recordingOutcome: recording) })
            #expect(try await shop.value(key) == nil)
            #expect(try await shop.outcome(of: xid) == .notCommitted)
        }
        let branch = try await shop.begin(freshXid(), readOnly: false)
        try await branch.put(freshKey(), "new")
        #expect(await repriseError { try await branch.query("SELECT 1 / 0") } != nil)
        #expect(await repriseError { _ = try await branch.prepare() }?.sqlState == "25P02")
        try await branch.rollback()
    }

    @Test func onlyBranchesOfOnesOwnDatabaseAreListed() async throws {
        let server = try await PostgresServer.shared()
        let (first, second) = (try await resource(.first), try await resource(.second))
        let xid = freshXid()
        let branch = try await first.begin(xid, readOnly: false)
        try await branch.put(freshKey(), "new")
        #expect(try await branch.prepare() == .prepared)
        let stranger = freshKey()
        try await server.run(
            "BEGIN; CREATE TABLE \"\(stranger)\" (); PREPARE TRANSACTION '\(stranger)'")
        // The same numbers, spelt otherwise: not a name that `commitPrepared` would find.
        let upper = freshXid().description.uppercased()
        try await server.run("BEGIN; CREATE TABLE \"\(upper)\" (); PREPARE TRANSACTION '\(upper)'")

        let listed = try await first.preparedBranches()
        #expect(listed.contains(xid))
        #expect(!listed.contains { $0.description == upper.lowercased() })
        #expect(try await !second.preparedBranches().contains(xid))
        try await first.rollbackPrepared(xid)
        let names = try await server.run("SELECT gid FROM pg_prepared_xacts")
        #expect(names.contains(stranger))
        try await server.run("ROLLBACK PREPARED '\(stranger)'")
        try await server.run("ROLLBACK PREPARED '\(upper)'")
    }

    @Test func anIdThatIsTooLongIsRefusedAtTheBeginning() async throws {
        let part = [UInt8](repeating: 7, count: 64)
        let xid = try Xid(format: 1, global: part, branch: part)
        let shop = try await resource()
        let error = await repriseError { _ = try await shop.begin(xid, readOnly: false) }
        #expect(error?.code == .xidInvalid)
    }

    @Test func aQuestionWaitsForACommitThatIsUnderWay() async throws {
        let server = try await PostgresServer.shared()
        let shop = try await resource()
        // The table is made when it is first needed.
        _ = try await shop.outcome(of: freshXid())
        for commits in [true, false] {
            let xid = freshXid()
            // What a commit looks like between its record and its end.
            let late = try await shop.begin(freshXid(), readOnly: false)
            try await late.query(
                "INSERT INTO reprise_outcomes (xid, committed) VALUES ($1, true)",
                [xid.description])
            async let answer = shop.outcome(of: xid)
            try await eventually("the question waits", seconds: 120) {
                try await server.run(
                    """
                    SELECT pid FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO%reprise_outcomes%'
                    """
                ).count > 0
            }
            if commits {
                try await late.commitOnePhase(recordingOutcome: false)
            } else {
                try await late.rollback()
            }
            #expect(try await answer == (commits ? .committed : .notCommitted))
        }
    }

    @Test func tombstonesStayUntilTheyArePurged() async throws {
        let schema = "odd \"schema\" \(UInt64.random(in: .min ... .max))"
        let quoted = "\"\(schema.split(separator: "\"").joined(separator: "\"\""))\""
        let server = try await PostgresServer.shared()
        try await server.run("CREATE SCHEMA \(quoted)")
        let shop = try await resource(schema: schema)
        let committed = freshXid()
        let branch = try await shop.begin(committed, readOnly: false)
        try await branch.query("SET search_path = pg_catalog")
        try await branch.commitOnePhase(recordingOutcome: true)
        #expect(try await shop.outcome(of: committed) == .committed)
        // What is open in the database may be the branch that the tombstone is to stop.
        let older = try await shop.begin(freshXid(), readOnly: true)
        let fenced = freshXid()
        #expect(try await shop.outcome(of: fenced) == .notCommitted)
        #expect(try await shop.purgeOutcomes(olderThan: .zero) == 0)
        try await older.rollback()

        await shop.forgetOutcome(of: fenced)
        #expect(try await records(server, quoted) == 2)
        #expect(try await shop.purgeOutcomes(olderThan: .seconds(3600)) == 0)
        // Other tests have branches open, too.
        try await eventually("the tombstone can be purged", seconds: 120) {
            try await shop.purgeOutcomes(olderThan: .zero) == 1
        }
        #expect(try await records(server, quoted) == 1)
        await shop.forgetOutcome(of: committed)
        #expect(try await records(server, quoted) == 0)
    }

    private func records(_ server: PostgresServer, _ schema: String) async throws -> Int {
        try await server.run("SELECT xid FROM \(schema).reprise_outcomes").count
    }

    /// A connection that stayed away would keep the second branch waiting.
    @Test func whereNoOutcomeCanBeRecordedItIsRolledBack() async throws {
        let shop = try await resource(schema: "missing") { $0.connections = 1 }
        let key = freshKey()
        for _ in 0..<2 {
            let branch = try await shop.begin(freshXid(), readOnly: false)
            try await branch.put(key, "x")
            #expect(await isRolledBack { try await branch.commitOnePhase(recordingOutcome: true) })
        }
        #expect(try await shop.value(key) == nil)
    }

    @Test func aStatementThatTakesTooLongIsInterrupted() async throws {
        let branch = try await resource().begin(freshXid(), readOnly: false)
        let hasEnded = Probe(false)
        let sleeping = Task {
            let error = await repriseError { try await branch.query("SELECT pg_sleep(600)") }
            hasEnded.update { $0 = true }
            return error
        }
        try await eventually("it is cancelled", seconds: 60, every: .milliseconds(50)) {
            branch.interrupt()
            return hasEnded.read { $0 }
        }
        #expect(await sleeping.value?.code == .resourceFailed)
        try await branch.rollback()
        branch.interrupt()
    }
}
