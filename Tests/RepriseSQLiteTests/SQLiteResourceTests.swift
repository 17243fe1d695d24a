import GRDB
import Model
import RepriseSQLite
import RepriseTestKit
import TestSupport
import Testing
import Transactions

@Suite struct SQLiteResourceTests {
    @Test func theResourceConforms() async throws {
        let shop = try await Shop()
        let resource = shop.resource
        try await ResourceConformance(
            resource, write: { try await $0.put($1, $2) }, read: { try await resource.value($0) }
        ).check()
    }

    @Test func whatIsCommittedIsOnTheDisk() async throws {
        let shop = try await Shop()
        let branch = try await shop.resource.begin(freshXid(), readOnly: false)
        let synchronous = try await branch.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        let mode = try await branch.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(synchronous == 2)
        #expect(mode == "wal")
        try await branch.rollback()
    }

    @Test func aBranchSeesItsOwnWritesAndASnapshotNone() async throws {
        let shop = try await Shop()
        let reader = try await shop.resource.begin(freshXid(), readOnly: true)
        #expect(try await reader.value("a") == nil)
        let branch = try await shop.resource.begin(freshXid(), readOnly: false)
        try await branch.put("a", "new")
        #expect(try await branch.value("a") == "new")
        #expect(try await shop.resource.value("a") == nil)
        try await branch.commitOnePhase(recordingOutcome: false)
        #expect(try await shop.resource.value("a") == "new")
        #expect(try await reader.value("a") == nil)
        #expect(try await reader.prepare() == .readOnly)
        #expect(await repriseError { _ = try await reader.value("a") } != nil)
    }

    @Test func aBodyThatThrowsLeavesNothingAndTheBranchGoesOn() async throws {
        struct Stop: Error {}
        let shop = try await Shop()
        let branch = try await shop.resource.begin(freshXid(), readOnly: false)
        try await branch.put("a", "kept")
        await #expect(throws: Stop.self) {
            try await branch.write { db in
                try db.execute(sql: "INSERT INTO entries VALUES ('b', 'dropped')")
                throw Stop()
            }
        }
        await #expect(throws: DatabaseError.self) {
            try await branch.write { db in
                try db.execute(sql: "INSERT INTO entries VALUES ('c', 'dropped')")
                try db.execute(sql: "INSERT INTO entries VALUES ('a', 'twice')")
            }
        }
        try await branch.commitOnePhase(recordingOutcome: true)
        let keys = try await shop.resource.read {
            try String.fetchAll($0, sql: "SELECT key FROM entries")
        }
        #expect(keys == ["a"])
    }

    @Test func aBodyThatEndsTheTransactionEndsTheBranch() async throws {
        let shop = try await Shop()
        let branch = try await shop.resource.begin(freshXid(), readOnly: false)
        try await branch.put("a", "new")
        await #expect(throws: (any Error).self) {
            try await branch.write { try $0.execute(sql: "ROLLBACK") }
        }
        #expect(await repriseError { try await branch.put("a", "again") } != nil)
        #expect(await isRolledBack { try await branch.commitOnePhase(recordingOutcome: true) })
        // The next one can write.
        let next = try await shop.resource.begin(freshXid(), readOnly: false)
        try await next.put("b", "new")
        try await next.commitOnePhase(recordingOutcome: false)
        #expect(try await shop.resource.value("a") == nil)
        #expect(try await shop.resource.value("b") == "new")
    }

    @Test func aConstraintThatIsCheckedAtTheEndRollsBack() async throws {
        let shop = try await Shop()
        try await shop.resource.write {
            try $0.execute(
                sql: """
                    CREATE TABLE lines (
                        entry TEXT REFERENCES entries (key) DEFERRABLE INITIALLY DEFERRED)
                    """)
        }
        let xid = freshXid()
        let branch = try await shop.resource.begin(xid, readOnly: false)
        try await branch.write { try $0.execute(sql: "INSERT INTO lines VALUES ('missing')") }
        #expect(await isRolledBack { try await branch.commitOnePhase(recordingOutcome: true) })
        #expect(try await shop.resource.outcome(of: xid) == .notCommitted)
        let count = try await shop.resource.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM lines")
        }
        #expect(count == 0)
    }

    @Test func anotherProcessIsNotAnsweredWhileTheBranchIsOpen() async throws {
        let shop = try await Shop()
        let other = try shop.again()
        let xid = freshXid()
        let branch = try await shop.resource.begin(xid, readOnly: false)
        try await branch.put("a", "new")
        let error = await repriseError { _ = try await other.outcome(of: xid) }
        #expect(error?.code == .resourceFailed)
        try await branch.commitOnePhase(recordingOutcome: true)
        #expect(try await other.outcome(of: xid) == .committed)

        let fenced = freshXid()
        #expect(try await other.outcome(of: fenced) == .notCommitted)
        let late = try await shop.resource.begin(fenced, readOnly: false)
        try await late.put("a", "late")
        #expect(await isRolledBack { try await late.commitOnePhase(recordingOutcome: true) })
        #expect(try await other.value("a") == "new")
    }

    @Test func whatWasCommittedIsToldAfterAReopening() async throws {
        let shop = try await Shop()
        let (committed, abandoned) = (freshXid(), freshXid())
        let branch = try await shop.resource.begin(committed, readOnly: false)
        try await branch.put("a", "new")
        try await branch.commitOnePhase(recordingOutcome: true)
        let other = try shop.again()
        #expect(try await other.outcome(of: committed) == .committed)
        #expect(try await other.outcome(of: abandoned) == .notCommitted)
        #expect(try await other.preparedBranches().isEmpty)
    }

    @Test func tombstonesStayUntilTheyArePurged() async throws {
        let shop = try await Shop()
        let (committed, fenced) = (freshXid(), freshXid())
        try await shop.resource.begin(committed, readOnly: true)
            .commitOnePhase(recordingOutcome: true)
        #expect(try await shop.resource.outcome(of: fenced) == .notCommitted)
        await shop.resource.forgetOutcome(of: fenced)
        #expect(try await records(shop) == 2)
        #expect(try await shop.resource.purgeOutcomes(olderThan: .seconds(3600)) == 0)
        // In whole seconds: as if it had been written a while ago.
        try await shop.resource.write {
            try $0.execute(sql: "UPDATE reprise_outcomes SET at = at - 7200")
        }
        #expect(try await shop.resource.purgeOutcomes(olderThan: .seconds(3600)) == 1)
        #expect(try await shop.resource.outcome(of: committed) == .committed)
        await shop.resource.forgetOutcome(of: committed)
        #expect(try await records(shop) == 0)
    }

    @Test func argumentsAndFilesAreChecked() async throws {
        let directory = try TestDirectory("sqlite")
        for name in ["", String(repeating: "x", count: 65)] {
            let error = await repriseError {
                _ = try SQLiteResource(name: name, path: directory.path + "/a.sqlite")
            }
            #expect(error?.code == .configuration)
        }
        let missing = await repriseError {
            _ = try SQLiteResource(name: "shop", path: directory.path + "/missing/a.sqlite")
        }
        #expect(missing?.code == .resourceFailed)
        #expect(missing?.cause?.hasPrefix("SQLite 14") == true)
    }

    private func records(_ shop: Shop) async throws -> Int? {
        try await shop.resource.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM reprise_outcomes")
        }
    }
}
