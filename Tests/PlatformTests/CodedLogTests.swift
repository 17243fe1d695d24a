import Foundation
import InMemoryLogging
import Logging
import Model
import Platform
import Testing

@Suite struct CodedLogTests {
    @Test func `a line names its code and what happened`() {
        let lines = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in lines }
        logger.report(.warning, .diskFull, "no space", metadata: ["reprise.partition": "7"])
        logger.report(.critical, RepriseError(.journalIO, "It broke."), "the disk")
        let entries = lines.entries
        #expect(entries.map(\.level) == [.warning, .critical])
        #expect(
            entries.map(\.metadata) == [
                ["reprise.error.code": "diskFull", "reprise.partition": "7"],
                ["reprise.error.code": "journalIO", "reprise.error": "It broke."],
            ])
    }

    @Test func `what is below the level is not logged`() {
        var lines = InMemoryLogHandler()
        lines.logLevel = .error
        let logger = Logger(label: "test") { [lines] _ in lines }
        logger.report(.warning, .diskFull, "no space")
        #expect(lines.entries.isEmpty)
    }

    /// swift-log's own methods take no code.
    @Test func `nothing at warning or above is logged without a code`() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let plain = /[lL]ogger\s*\.\s*(warning|error|critical)\s*\(/
        let names = try #require(FileManager.default.subpaths(atPath: sources.path))
        let files = names.filter { $0.hasSuffix(".swift") }
        #expect(files.count > 100)
        for file in files {
            let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
            #expect(text.firstMatch(of: plain) == nil, "\(file): use report(_:_:_:metadata:)")
        }
    }
}
