import Model
import PostgresSupport
import ReprisePostgres
import TestSupport
import Testing
import Transactions

@Suite struct ConnectionTests {
    @Test func aBranchWaitsForAConnectionAndFinishingDoesNot() async throws {
        let shop = try await resource { $0.connections = 1 }
        let key = freshKey()
        let xid = freshXid()
        let prepared = try await shop.begin(xid, readOnly: false)
        try await prepared.put(key, "new")
        // After it, the connection is free again.
        _ = try await prepared.prepare()
        let holder = try await shop.begin(freshXid(), readOnly: false)
        async let next = shop.begin(freshXid(), readOnly: true)
        try await shop.commitPrepared(xid)
        #expect(try await !shop.preparedBranches().contains(xid))
        try await holder.rollback()
        let rows = try await next.query("SELECT value FROM entries WHERE key = $1", [key])
        #expect(rows.first?[0] == "new")
        try await next.rollback()
    }

    @Test func waitingForAConnectionHasALimit() async throws {
        let shop = try await resource {
            $0.connections = 1
            $0.connectionWait = .milliseconds(50)
        }
        let holder = try await shop.begin(freshXid(), readOnly: true)
        let error = await repriseError { _ = try await shop.begin(freshXid(), readOnly: true) }
        #expect(error?.code == .resourceFailed)
        #expect(error?.message.contains("no free connection") == true)
        try await holder.rollback()
        try await shop.begin(freshXid(), readOnly: true).rollback()
    }

    @Test func abandonedBranchesGiveTheirConnectionBack() async throws {
        let shop = try await resource { $0.connections = 1 }
        let key = freshKey()
        for _ in 0..<5 {
            let branch = try await shop.begin(freshXid(), readOnly: false)
            try await branch.put(key, "new")
        }
        #expect(try await shop.value(key) == nil)
    }

    @Test func nothingOfABranchIsLeftForTheNext() async throws {
        let shop = try await resource { $0.connections = 1 }
        let branch = try await shop.begin(freshXid(), readOnly: false)
        let process = try await branch.query("SELECT pg_backend_pid()").first?[0]
        try await branch.query("SET search_path = pg_catalog")
        try await branch.query("SET statement_timeout = 60000")
        try await branch.query("SELECT pg_advisory_lock(4711)")
        try await branch.query("CREATE TEMPORARY TABLE leftover ()")
        try await branch.commitOnePhase(recordingOutcome: false)

        let next = try await shop.begin(freshXid(), readOnly: true)
        let row = try await next.query(
            """
            SELECT pg_backend_pid(), current_setting('search_path'),
                current_setting('statement_timeout'), to_regclass('pg_temp.leftover'),
                (SELECT count(*) FROM pg_locks
                    WHERE locktype = 'advisory' AND pid = pg_backend_pid())
            """
        ).first
        #expect(row?.values == [process, "\"$user\", public", "2min", nil, "0"])
        try await next.rollback()
    }

    @Test func aConnectionThatIsKilledEndsItsBranchAndNoOther() async throws {
        let server = try await PostgresServer.shared()
        let shop = try await resource { $0.connections = 1 }
        let key = freshKey()
        let xid = freshXid()
        let branch = try await shop.begin(xid, readOnly: false)
        try await branch.put(key, "new")
        let process = try await branch.query("SELECT pg_backend_pid()").first?[0] ?? ""
        try await server.run("SELECT pg_terminate_backend(\(process), 60000)")

        let error = await repriseError { try await branch.query("SELECT 1") }
        #expect(error?.code == .resourceFailed)
        #expect(error?.message.contains("lost") == true)
        // It may have been in the middle of a commit for all that the branch knows: not certain.
        #expect(await !isRolledBack { try await branch.commitOnePhase(recordingOutcome: true) })
        try await branch.rollback()
        #expect(try await shop.outcome(of: xid) == .notCommitted)
        #expect(try await shop.value(key) == nil)
    }

    @Test func aConnectionThatDiedWhileItWasIdleIsReplaced() async throws {
        let server = try await PostgresServer.shared()
        let shop = try await resource { $0.connections = 1 }
        let branch = try await shop.begin(freshXid(), readOnly: true)
        let process = try await branch.query("SELECT pg_backend_pid()").first?[0] ?? ""
        try await branch.rollback()
        try await server.run("SELECT pg_terminate_backend(\(process), 60000)")
        let next = try await shop.begin(freshXid(), readOnly: true)
        #expect(try await next.query("SELECT pg_backend_pid()").first?[0] != process)
        try await next.rollback()
    }

    @Test func cancellingTheTaskCancelsTheStatement() async throws {
        let server = try await PostgresServer.shared()
        let shop = try await resource { $0.statement = .seconds(3600) }
        let branch = try await shop.begin(freshXid(), readOnly: true)
        let mark = "pg_sleep(3600) /* \(freshKey()) */"
        let task = Task { try await branch.query("SELECT \(mark)") }
        try await eventually("the statement runs", seconds: 120) {
            try await server.run(
                "SELECT pid FROM pg_stat_activity WHERE query LIKE '%' || $$\(mark)$$"
            ).count == 1
        }
        task.cancel()
        let error = await repriseError { _ = try await task.value }
        #expect(error?.sqlState == "57014")
        try await branch.rollback()
    }

    @Test func aRollbackDoesNotWaitForTheStatementThatRuns() async throws {
        let server = try await PostgresServer.shared()
        let shop = try await resource { $0.statement = .seconds(3600) }
        let branch = try await shop.begin(freshXid(), readOnly: true)
        let mark = "pg_sleep(3600) /* \(freshKey()) */"
        let task = Task { try await branch.query("SELECT \(mark)") }
        try await eventually("the statement runs", seconds: 120) {
            try await server.run(
                "SELECT pid FROM pg_stat_activity WHERE query LIKE '%' || $$\(mark)$$"
            ).count == 1
        }
        try await branch.rollback()
        #expect(await repriseError { _ = try await task.value } != nil)
    }

    @Test func statementsHaveALimit() async throws {
        let shop = try await resource { $0.statement = .milliseconds(200) }
        let branch = try await shop.begin(freshXid(), readOnly: true)
        let error = await repriseError { try await branch.query("SELECT pg_sleep(3600)") }
        #expect(error?.sqlState == "57014")
        try await branch.rollback()
    }

    @Test func aClosedResourceRefuses() async throws {
        let shop = try await resource()
        let branch = try await shop.begin(freshXid(), readOnly: false)
        shop.close()
        #expect(await repriseError { try await branch.put(freshKey(), "new") } != nil)
        try await branch.rollback()
        let error = await repriseError { _ = try await shop.begin(freshXid(), readOnly: true) }
        #expect(error?.code == .shuttingDown)
    }
}
