import Coordination
import Journal
import Model
import Sessions
import TestSupport
import Testing
import Transactions
import WAL

@Suite struct ManagerTests {
    let diary = Probe<[String]>([])
    var seen: [String] { diary.read { $0 } }

    @Test func oneResourceCommitsInOnePhase() async throws {
        let a = Recorder("a", diary)
        let rig = try Rig(resources: [a])
        let before = rig.journal.log.appended
        let result = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            return 7
        }
        #expect(result == 7)
        #expect(seen == ["a begin", "a commit one phase"])
        #expect(rig.journal.log.appended == before, "one phase writes nothing")
        await rig.close()
    }

    @Test func twoResourcesPrepareBeforeEitherCommits() async throws {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary))
        let rig = try Rig(resources: [a, b])
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
        }
        #expect(seen.prefix(2) == ["a begin", "b begin"])
        #expect(Set(seen[2..<4]) == ["a prepare", "b prepare"])
        #expect(Set(seen[4...]) == ["a commit", "b commit"])
        #expect(rig.journal.unfinishedTransactions.isEmpty)
        await rig.close()
    }

    @Test func failedPrepareRollsBackInReverseOrder() async throws {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary, prepareFails: true))
        let rig = try Rig(resources: [a, b])
        let error = await #expect(throws: RepriseError.self) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                _ = try await transaction.enlist(b)
            }
        }
        #expect(error?.code == .transactionRolledBack)
        #expect(
            seen.suffix(4) == [
                "b rollback", "b rollback prepared", "a rollback", "a rollback prepared",
            ]
        )
        await rig.close()
    }

    @Test func durableActionBecomesASessionWithTheDecision() async throws {
        let (a, b) = (Recorder("a", diary), Recorder("b", diary))
        let rig = try Rig(resources: [a, b])
        let id = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            _ = try await transaction.enlist(b)
            let id = try transaction.afterCommit(Rig.kind, [1, 2])
            #expect(rig.journal.session(id) == nil)
            return id
        }
        #expect(rig.journal.session(id)?.records == [[1, 2]])
        await rig.close()
        let again = try Rig(directory: rig.directory, resources: [a, b])
        #expect(again.journal.session(id)?.records == [[1, 2]])
        await again.close()
    }
}
