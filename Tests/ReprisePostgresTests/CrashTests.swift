import PostgresSupport
import ReprisePostgres
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
}
