import Foundation
import TestSupport
import Testing

/// The examples in Python, with the code that is made for them out of schemas/.
struct Python {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static let interpreter = "\(root)/.venv/bin/python"

    /// Made once for all tests of this process.
    static func generated() async throws -> String { try await making.value }

    private static let folder = FileManager.default.temporaryDirectory
        .appending(path: "reprise-generated-\(UUID().uuidString)").path

    private static let making = Task {
        atexit { try? FileManager.default.removeItem(atPath: Python.folder) }
        let status = try await run("generate", "Examples/python/generate.py", [folder])
        guard status.exit == 0 else {
            throw Program.Failed(description: "generate.py: \(status.errors)")
        }
        return folder
    }

    static func program(
        _ name: String, _ script: String, _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) throws -> Program {
        let file = script.hasPrefix("/") ? script : "\(root)/\(script)"
        return try Program(name, [interpreter, "-B", file] + arguments, environment: environment)
    }

    /// Runs a script to its end.
    static func run(
        _ name: String, _ script: String, _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) async throws -> (exit: Int32, lines: [String], errors: String) {
        let program = try program(name, script, arguments, environment: environment)
        let exit = try await program.end()
        return (exit, program.lines, program.errors)
    }
}
