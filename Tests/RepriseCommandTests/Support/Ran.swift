import ArgumentParser
import Model
import Synchronization

@testable import RepriseCommand

/// What a command said, and its exit status.
struct Ran: Sendable {
    var status: Int32
    var output: String
    /// What the program would have written to its standard error.
    var error: String

    static func reprise(_ arguments: String...) async -> Ran {
        await reprise(arguments)
    }

    static func reprise(_ arguments: [String]) async -> Ran {
        let lines = Lines()
        var ran = Ran(status: 0, output: "", error: "")
        do {
            let command = try RepriseCommand.parseAsRoot(arguments)
            try await Output.$sink.withValue({ lines.add($0) }) {
                try await RepriseCommand.run(command)
            }
        } catch let error as RepriseError {
            ran.status = ExitStatus(error.code).rawValue
            ran.error = error.description
        } catch {
            ran.status = RepriseCommand.exitCode(for: error).rawValue
            ran.error = RepriseCommand.fullMessage(for: error)
        }
        ran.output = lines.text
        return ran
    }

    private final class Lines: Sendable {
        private let kept = Mutex<[String]>([])

        func add(_ line: String) { kept.withLock { $0.append(line) } }
        var text: String { kept.withLock { $0 }.joined(separator: "\n") }
    }
}
