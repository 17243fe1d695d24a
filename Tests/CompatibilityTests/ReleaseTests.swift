import Foundation
import Journal
import Model
import Reprise
import Sessions
import TestSupport
import Testing
import WAL

@testable import Recovery

/// What every release has written is read by the present code, and says what it said then.
@Suite struct ReleaseTests {
    @Test func everyReleaseHasItsFixtures() throws {
        let schemas = Fixture.root.appending(path: "../../schemas/released")
        let released = try FileManager.default.contentsOfDirectory(atPath: schemas.path)
            .filter { !$0.hasPrefix(".") }
        #expect(Fixture.all.map(\.version) == released.sorted())
        #expect(released.contains(RepriseVersion.current))
    }

    // MARK: Journals

    @Test(arguments: Fixture.all)
    func aJournalIsReplayed(_ fixture: Fixture) throws {
        let (directory, path) = try fixture.journal()
        defer { withExtendedLifetime(directory) {} }
        let journal = try JournalScenario.open(path)
        defer { journal.close() }
        #expect(JournalScenario.describe(journal) == (try fixture.text("journal.txt")))
        #expect(journal.withCore { SessionCheck.problems(of: $0.table) } == [])
    }

    /// The present version writes on where the other one ended, and reads both.
    @Test(arguments: Fixture.all)
    func aJournalIsContinued(_ fixture: Fixture) async throws {
        let (directory, path) = try fixture.journal()
        defer { withExtendedLifetime(directory) {} }
        let time = SimulatedTime()
        let journal = try JournalScenario.open(path, time: time)
        _ = try await journal.append(
            JournalScenario.id(1), record: Array("by the new version".utf8), token: .none)
        _ = try await journal.complete(JournalScenario.id(8), token: .none)
        let before = JournalScenario.describe(journal)
        try await journal.log.waitDurable(journal.log.appended)
        journal.close()
        let again = try JournalScenario.open(path, time: time)
        defer { again.close() }
        #expect(JournalScenario.describe(again) == before)
        #expect(
            again.session(JournalScenario.id(1))?.records.last == Array("by the new version".utf8))
        #expect(again.session(JournalScenario.id(8)) == nil)
    }

    // MARK: Kafka

    @Test(arguments: Fixture.all)
    func aPartitionIsFolded(_ fixture: Fixture) throws {
        let (table, _) = try TopicScenario.fold(try fixture.messages())
        #expect(Description.text(table) == (try fixture.text("topic-expected.txt")))
        #expect(SessionCheck.problems(of: table) == [])
        #expect(table.owner == SessionTrace.worker)
        #expect(table.journals[SessionTrace.node.journal] ?? 0 > 10)
        #expect(table.ignored[.resent] == 1)
        #expect(table.ignored[.gap] == 0)
    }

    @Test(arguments: Fixture.all)
    func aCheckpointIsResumed(_ fixture: Fixture) throws {
        let bytes = try fixture.bytes("checkpoint.bin")
        let found = try #require(Checkpoint(decoding: bytes, limits: Limits()))
        #expect(Description.text(found.table) == (try fixture.text("topic-expected.txt")))
        #expect(found.offset == (try fixture.messages()).count)
    }

    @Test(arguments: Fixture.all)
    func aDeadLetterIsRead(_ fixture: Fixture) throws {
        let bytes = try fixture.bytes("dead-letter.bin")
        let snapshot = try bytes.withUnsafeBytes { try Snapshot(decoding: $0) }
        #expect(Description.text(snapshot) == (try fixture.text("dead-letter.txt")))
    }
}
