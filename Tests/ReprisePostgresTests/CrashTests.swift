import Glibc
import Model
import PostgresSupport
import ReprisePostgres
import TestSupport
import Testing
import Transactions

/// The server is killed and started again.
@Suite struct CrashTests {
    @Test func whatIsPreparedSurvivesTheServerAndWhatIsNotDoesNot() async throws {
        let server = try await PostgresServer.launch()
        let shop = try await resource(on: server)
        let (committed, rolledBack) = (freshXid(), freshXid())
        let (kept, dropped, lost) = (freshKey(), freshKey(), freshKey())
        for (xid, key) in [(committed, kept), (rolledBack, dropped)] {
            let branch = try await shop.begin(xid, readOnly: false)
            try await branch.put(key, "new")
            #expect(try await branch.prepare() == .prepared)
        }
        let open = try await shop.begin(freshXid(), readOnly: false)
        try await open.put(lost, "new")

        try await server.kill()
        #expect(await repriseError { try await open.put(lost, "newer") } != nil)
        #expect(await repriseError { try await shop.commitPrepared(committed) } != nil)
        try await open.rollback()
        try await server.start()

        // The same resource goes on over new connections.
        #expect(Set(try await shop.preparedBranches()) == [committed, rolledBack])
        try await shop.commitPrepared(committed)
        try await resource(on: server).rollbackPrepared(rolledBack)
        #expect(try await shop.preparedBranches().isEmpty)
        #expect(try await shop.value(kept) == "new")
        #expect(try await shop.value(dropped) == nil)
        #expect(try await shop.value(lost) == nil)
    }

    @Test func outcomesSurviveTheServer() async throws {
        let server = try await PostgresServer.launch()
        let shop = try await resource(on: server)
        let (xid, fenced, key) = (freshXid(), freshXid(), freshKey())
        let branch = try await shop.begin(xid, readOnly: false)
        // A server that does not wait for its disk is made to wait.
        try await branch.query("SET LOCAL synchronous_commit = off")
        try await branch.put(key, "new")
        try await branch.commitOnePhase(recordingOutcome: true)
        try await server.kill()
        try await server.start()
        #expect(try await shop.outcome(of: xid) == .committed)
        #expect(try await shop.outcome(of: fenced) == .notCommitted)
        #expect(try await shop.value(key) == "new")
    }

    @Test func aLostAnswerIsResolvedWhicheverWayItWent() async throws {
        let server = try await PostgresServer.launch()
        let shop = try await resource(on: server) { $0.statement = .seconds(3) }
        _ = try await shop.outcome(of: freshXid())
        let (xid, key) = (freshXid(), freshKey())
        let branch = try await shop.begin(xid, readOnly: false)
        try await branch.put(key, "new")
        let text = try await branch.query("SELECT pg_backend_pid()").first?[0] ?? ""
        let process = try #require(Int32(text))

        // The commit reaches a process that hangs, and is executed when nobody waits any more.
        kill(process, SIGSTOP)
        do {
            try await branch.commitOnePhase(recordingOutcome: true)
            Issue.record("a process that was stopped has answered")
        } catch let error as RepriseError {
            #expect(error.code == .resourceFailed)
        }
        kill(process, SIGCONT)

        let settled = Probe<BranchOutcome?>(nil)
        try await eventually("the outcome is told", seconds: 120) {
            let outcome = try? await shop.outcome(of: xid)
            settled.update { $0 = outcome }
            return outcome != nil
        }
        try await eventually("the process is gone", seconds: 120) {
            try await server.run("SELECT pid FROM pg_stat_activity WHERE pid = \(process)").isEmpty
        }
        let outcome = try #require(settled.read { $0 })
        #expect(try await shop.value(key) == (outcome == .committed ? "new" : nil))
        #expect(try await shop.outcome(of: xid) == outcome)
    }
}
