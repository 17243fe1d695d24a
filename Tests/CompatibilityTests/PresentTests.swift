import Foundation
import Journal
import Model
import Reprise
import Sessions
import TestSupport
import Testing

@testable import Recovery

/// What the present version writes is what its fixtures say. With `REPRISE_WRITE_FIXTURES=1` the fixtures
/// of this version are written first: for a release, or as long as it is none.
@Suite(.serialized) struct PresentTests {
    private let fixture = Fixture(version: RepriseVersion.current)
    private let isWriting =
        ProcessInfo.processInfo.environment["REPRISE_WRITE_FIXTURES"] == "1"

    @Test func theJournal() async throws {
        let directory = try TestDirectory("compatibility")
        let path = directory.path + "/journal"
        try await JournalScenario.write(to: path)
        if isWriting { try keep(path) }
        let journal = try JournalScenario.open(path)
        defer { journal.close() }
        let text = JournalScenario.describe(journal)
        if isWriting { try fixture.write(text, to: "journal.txt") }
        #expect(text == (try fixture.text("journal.txt")))
    }

    /// Without the lock, which is no content.
    private func keep(_ path: String) throws {
        try? FileManager.default.removeItem(at: fixture.url("journal"))
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "LOCK" {
            let bytes = Array(try Data(contentsOf: URL(filePath: path + "/" + name)))
            try fixture.write(bytes, to: "journal/\(name)")
        }
    }

    @Test func thePartition() throws {
        let log = TopicScenario.trace()
        let topic = try TopicScenario.text(log)
        if isWriting {
            try fixture.write(topic, to: "topic.txt")
            let (table, next) = try TopicScenario.fold(try fixture.messages())
            try fixture.write(Description.text(table), to: "topic-expected.txt")
            try fixture.write(Checkpoint(table: table, offset: next).encoded, to: "checkpoint.bin")
            let letter = try #require(TopicScenario.letter(log))
            try fixture.write(letter.encoded, to: "dead-letter.bin")
            try fixture.write(Description.text(letter), to: "dead-letter.txt")
        }
        #expect(try fold(topic) == fixture.text("topic-expected.txt"))
    }

    private func fold(_ topic: String) throws -> String {
        let messages = try topic.split(separator: "\n").map(TopicLine.message)
        return Description.text(try TopicScenario.fold(messages).table)
    }

    /// Else a release could forget to read one of them.
    @Test func everyTypeOfEventThatTravelsIsInThePartition() {
        let types = Set(
            TopicScenario.trace().log.compactMap(\.event.body.type) + [.deadLettered, .mark])
        #expect(types == Set(EventType.allCases).subtracting([.handedOver]))
    }
}
