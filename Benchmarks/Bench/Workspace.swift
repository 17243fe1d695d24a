import Foundation

/// A directory of this run, removed at its end.
final class Workspace: Sendable {
    let path: String

    init(under directory: String) throws {
        var template = Array((directory + "/reprise-bench.XXXXXX").utf8CString)
        guard let made = mkdtemp(&template) else {
            throw BenchmarkFailure(description: "no directory can be made under \(directory)")
        }
        path = String(cString: made)
    }

    deinit { remove() }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A directory of its own, empty.
    func fresh(_ name: String) throws -> String {
        let directory = "\(path)/\(name)"
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        return directory
    }
}

/// Runs a program to its end and gives what it printed; nil when it is not installed.
func output(of program: String, _ arguments: [String], directory: String? = nil) throws -> String? {
    guard let path = find(program) else { return nil }
    let process = Process()
    // A file, not a pipe: a server that the program leaves behind would hold the pipe open.
    var template = Array("/tmp/reprise-bench-output.XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw BenchmarkFailure(description: "/tmp cannot be written") }
    unlink(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.standardOutput = file
    process.standardError = file
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try file.seek(toOffset: 0)
    let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    guard process.terminationStatus == 0 else {
        throw BenchmarkFailure(
            description: "\(program) ended with \(process.terminationStatus): \(text.suffix(500))")
    }
    return text
}

/// The path of an installed program.
func find(_ program: String) -> String? {
    if program.hasPrefix("/") { return access(program, X_OK) == 0 ? program : nil }
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
}
