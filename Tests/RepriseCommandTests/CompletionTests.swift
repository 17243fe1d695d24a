import Foundation
import Testing

@testable import RepriseCommand

@Suite(.timeLimit(.minutes(5))) struct CompletionTests {
    @Test(arguments: ["bash", "zsh", "fish"])
    func `there is a script for each shell`(shell: String) async {
        let ran = await Ran.reprise("--generate-completion-script", shell)
        #expect(ran.status == 0)
        for word in ["status", "kinds", "pause", "partitions"] {
            #expect(ran.error.contains(word), "\(word) is not completed")
        }
    }

    @Test(arguments: [
        (["reprise", "kin"], "kinds"), (["reprise", "kinds", "res"], "resume"),
        (["reprise", "kinds", "pause", "--rea"], "--reason"),
    ]) func `bash completes commands and options`(words: [String], wanted: String) async throws {
        let script = await Ran.reprise("--generate-completion-script", "bash").error
        let line = words.joined(separator: " ")
        let text =
            script + """

                COMP_WORDS=(\(line)); COMP_CWORD=\(words.count - 1)
                COMP_LINE='\(line)'; COMP_POINT=\(line.count); COMP_TYPE=9
                _reprise reprise '\(words[words.count - 1])' '\(words[words.count - 2])'
                printf '%s\\n' "${COMPREPLY[@]}"
                """
        let offered = try await Self.bash(text).split(whereSeparator: \.isWhitespace)
        #expect(offered.map(String.init) == [wanted])
    }

    /// What a script prints. On a thread of its own: it blocks.
    private static func bash(_ script: String) async throws -> String {
        let output = Pipe()
        let input = Pipe()
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments = ["--norc", "--noprofile", "-s"]
        shell.standardInput = input
        shell.standardOutput = output
        try shell.run()
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                try? input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
                try? input.fileHandleForWriting.close()
                let data = (try? output.fileHandleForReading.readToEnd()) ?? nil
                continuation.resume(returning: String(decoding: data ?? Data(), as: UTF8.self))
            }
        }
    }
}
