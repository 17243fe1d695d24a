import Foundation
import Model
import Reprise
import TestSupport
import Testing

@testable import RepriseCommand

@Suite(.timeLimit(.minutes(5))) struct DeadLetterTests {
    /// Waits until so many are completed, and no more than that are left.
    private func completed(_ count: UInt64, in node: ServedNode) async throws {
        try await eventually("\(count) are completed", seconds: 120) {
            node.reprise.sessions.status().totals.completed == count
        }
    }

    @Test func `they are listed, shown and cancelled`() async throws {
        try await ServedNode.with { node in
            let id = try await node.park(["bad\u{1B}[2J"])[0]
            var ran = await node.run("dead-letters", "list")
            #expect(ran.status == 0, "\(ran.error)")
            #expect(ran.output.contains("\(id)"))
            #expect(ran.output.contains("This is not good."))
            ran = await node.run("dead-letters", "list", "--kind", "order")
            #expect(ran.output == "No dead letters.")
            ran = await node.run("dead-letters", "list", "--json", "--reason", "handlerRefused")
            let page = try JSONDecoder().decode(
                ShownDeadLetters.self, from: Data(ran.output.utf8))
            #expect(page.deadLetters.map(\.id) == ["\(id)"])

            ran = await node.run("dead-letters", "show", "\(id)")
            #expect(ran.output.contains("This is not good."))
            #expect(ran.output.contains("  bad�[2J"))
            ran = await node.run("dead-letters", "cancel", "\(id)")
            #expect(ran.status == 0, "\(ran.error)")
            #expect(await node.run("dead-letters", "show", "\(id)").status == 66)
        }
    }

    @Test func `a list goes on over pages`() async throws {
        try await ServedNode.with { node in
            _ = try await node.park((0..<1_005).map { "bad \($0)" })
            var ran = await node.run("dead-letters", "list", "--limit", "5000", "--json")
            let page = try JSONDecoder().decode(
                ShownDeadLetters.self, from: Data(ran.output.utf8))
            #expect(Set(page.deadLetters.map(\.id)).count == 1_005)
            ran = await node.run("dead-letters", "list", "--limit", "3")
            #expect(ran.output.split(separator: "\n").count == 4)
        }
    }

    @Test func `one is edited from a file and goes back`() async throws {
        try await ServedNode.with { node in
            let id = try await node.park(["bad"])[0]
            let file = node.directory.path + "/record"
            try Data("bad".utf8).write(to: URL(filePath: file))
            var ran = await node.run("dead-letters", "edit", "\(id)", "--from", file)
            #expect(ran.output == "Nothing was changed, nothing was requeued.")
            try Data("good".utf8).write(to: URL(filePath: file))
            ran = await node.run("dead-letters", "edit", "\(id)", "--from", file)
            #expect(ran.status == 0, "\(ran.error)")
            try await completed(1, in: node)
        }
    }

    @Test func `an editor's last newline is not part of the record`() {
        let plain = RecordDraft.withoutEditorsNewline(Data("new\n".utf8), Data("old".utf8))
        #expect(plain == Data("new".utf8))
        let lined = RecordDraft.withoutEditorsNewline(Data("new\n".utf8), Data("old\n".utf8))
        #expect(lined == Data("new\n".utf8))
    }

    @Test func `which of several records is meant has to be said`() throws {
        #expect(try DeadLettersEdit.index(nil, of: 1) == 0)
        #expect(try DeadLettersEdit.index(2, of: 2) == 1)
        for (number, count) in [(nil, 0), (nil, 2), (0, 2), (3, 2)] as [(Int?, Int)] {
            #expect(throws: RepriseError.self) {
                try DeadLettersEdit.index(number, of: count)
            }
        }
    }

    @Test func `many go back as a batch, with a bar that fills`() async throws {
        try await ServedNode.with { node in
            _ = try await node.park((0..<30).map { "bad \($0)" })
            let bars = Probe<[String]>([])
            let ran = await ProgressBar.$sink.withValue({ text in bars.update { $0.append(text) } })
            {
                await node.run("dead-letters", "requeue", "--all", "--per-second", "1000")
            }
            #expect(ran.status == 0, "\(ran.error)")
            #expect(ran.output == "30 of 30 dead letters are requeued.")
            #expect(bars.read { $0 }.contains { $0.contains("100 %  30 of 30 dead letters") })
            let list = await node.run("dead-letters", "batches")
            #expect(list.output.contains("done"))
        }
    }

    @Test func `a batch can be left alone and stopped`() async throws {
        try await ServedNode.with { node in
            _ = try await node.park((0..<20).map { "bad \($0)" })
            var ran = await node.run(
                "dead-letters", "requeue", "--kind", "user.create", "--per-second", "1",
                "--spread", "86400", "--detach", "--json")
            #expect(ran.status == 0, "\(ran.error)")
            let batch = try JSONDecoder().decode(ShownBatch.self, from: Data(ran.output.utf8))
            ran = await node.run("dead-letters", "stop", batch.id)
            #expect(ran.status == 0, "\(ran.error)")
            #expect(ran.output.contains("the batch was stopped"))
        }
    }

    @Test func `an exported file is edited and imported, and again after an interruption`()
        async throws
    {
        try await ServedNode.with { node in
            _ = try await node.park(["bad", "worse", "\u{7F}"])
            let file = node.directory.path + "/letters.jsonl"
            var ran = await node.run("dead-letters", "export", "--output", file)
            #expect(ran.output == "3 dead letters are in \(file).")
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            ran = await node.run("dead-letters", "export", "--output", file)
            #expect(ran.status == 78, "a file that is there is not written over")

            let text = try String(contentsOfFile: file, encoding: .utf8)
            let mended = text.replacing(#""text":"bad""#, with: #""text":"good""#)
                .replacing(#""text":"worse""#, with: #""base64":"Z29vZA==""#)
                .split(separator: "\n").filter { $0.contains(#""good""#) || $0.contains("Z29v") }
            #expect(mended.count == 2)
            try Data(mended.joined(separator: "\n").utf8).write(to: URL(filePath: file))
            ran = await node.run("dead-letters", "import", file, "--per-second", "1000")
            #expect(ran.status == 0, "\(ran.error)")
            #expect(ran.output == "2 dead letters are requeued.")
            try await completed(2, in: node)
            ran = await node.run("dead-letters", "import", file, "--json")
            #expect(ran.output == #"{"failed":0,"missing":2,"requeued":0}"#)
        }
    }

    @Test func `a node that has had too many requests is waited for`() async throws {
        try await ServedNode.with(ratePerSecond: 2) { node in
            _ = try await node.park((0..<4).map { "bad \($0)" })
            let file = node.directory.path + "/letters.jsonl"
            var ran = await node.run("dead-letters", "export", "--output", file)
            #expect(ran.output == "4 dead letters are in \(file).", "\(ran.error)")
            ran = await node.run("dead-letters", "import", file, "--per-second", "1000", "--json")
            #expect(ran.output == #"{"failed":0,"missing":0,"requeued":4}"#, "\(ran.error)")
        }
    }

    @Test(arguments: [
        ("nonsense", "Line 2: it is no JSON object"),
        (#"{"id":"x","records":[]}"#, "Line 2: id is no UUID"),
        (
            #"{"id":"01980000-0000-7000-8000-000000000001","records":[{}]}"#,
            "Line 2: a record has one of text and base64"
        ),
        (
            #"{"id":"01980000-0000-7000-8000-000000000001","records":[{"base64":"?"}]}"#,
            "base64 cannot be read"
        ),
        (
            #"{"id":"01980000-0000-7000-8000-000000000000","records":[]}"#,
            "was there before"
        ),
    ]) func `a wrong line is named`(line: String, what: String) throws {
        let good = #"{"id":"01980000-0000-7000-8000-000000000000","records":[{"text":"a"}]}"#
        #expect(try LetterLine.orders(in: good + "\n\n").count == 1)
        let error = try #require(throws: RepriseError.self) {
            try LetterLine.orders(in: good + "\n" + line)
        }
        #expect(error.code == .invalidRequest)
        #expect(error.message.contains(what), "\(error.message)")
    }

    @Test(arguments: [
        ["requeue"], ["requeue", "--all", "--kind", "a"], ["requeue", "--all", "--after", "5"],
        ["list", "--limit", "0"], ["import", "x", "--per-second", "0"],
        ["list", "--reason", "nonsense"],
    ]) func `what makes no sense is refused before anybody is asked`(arguments: [String]) async {
        let ran = await Ran.reprise(["dead-letters"] + arguments)
        #expect(ran.status == 64, "\(ran.error)")
    }

    @Test func `a bar fills`() {
        let bar = ProgressBar(unit: "letters")
        #expect(bar.line(0, of: nil, failed: 0) == "looking for letters…")
        #expect(bar.line(0, of: 0, failed: 0) == "no letters")
        let line = bar.line(5, of: 10, failed: 1)
        #expect(line.hasPrefix("[###############...............] 50 %  5 of 10 letters"))
        #expect(line.hasSuffix(", 1 failed"))
    }
}
