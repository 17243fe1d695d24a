internal import Foundation

/// A program in a process of its own, with its output in files. It is told to end when the value goes,
/// and also when this process dies.
package final class Program: Sendable {
    package struct Failed: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private let name: String
    private let folder: TestDirectory
    private let lifeline: FileHandle

    /// Where this package's own programs lie.
    package static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    /// The shell tells what became of the program in files: what else it starts outlives the program
    /// for a moment, and Foundation would wait for that.
    private static let script = #"""
        folder=$1
        shift
        tell() { echo "$2" >"$folder/$1.new" && mv "$folder/$1.new" "$folder/$1"; }
        exec 3<&0
        "$@" </dev/null >"$folder/out" 2>"$folder/err" 3<&- &
        child=$!
        {
            read -r _ <&3
            kill -TERM "$child"
            sleep 10
            kill -KILL "$child"
        } 2>/dev/null &
        guard=$!
        tell child "$child"
        wait "$child"
        status=$?
        kill "$guard"
        tell status "$status"
        """#

    package init(_ name: String, _ command: [String], environment: [String: String] = [:]) throws {
        self.name = name
        folder = try TestDirectory(name)
        let input = Pipe()
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", Self.script, "sh", folder.path] + command
        shell.environment = ProcessInfo.processInfo.environment
            .merging(environment) { $1 }
        shell.standardInput = input
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        lifeline = input.fileHandleForWriting
        try Self.withSignals { try shell.run() }
    }

    /// A thread of the pool has its signals blocked, and a child starts as its parent's thread is.
    private static func withSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        sigemptyset(&none)
        var before = sigset_t()
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    deinit { try? lifeline.close() }

    /// Whole lines of its standard output.
    package var lines: [String] {
        let text = read("out")
        guard let end = text.lastIndex(of: "\n") else { return [] }
        return text[..<end].split(separator: "\n").map(String.init)
    }

    package var errors: String { read("err") }

    private func read(_ file: String) -> String {
        let data = try? Data(contentsOf: URL(filePath: "\(folder.path)/\(file)"))
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    /// 128 and the number of the signal where one has ended it; nil while it runs.
    package var status: Int32? { number(in: "status") }

    private func number(in file: String) -> Int32? {
        Int32(read(file).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Waits until its output is as it should be.
    package func wait(_ what: String, _ holds: @escaping @Sendable ([String]) -> Bool) async throws
    {
        do {
            try await eventually("\(name): \(what)", seconds: 120, every: .milliseconds(50)) {
                let status = self.status
                if holds(self.lines) { return true }
                if let status { throw Failed(description: "\(self.name) has ended: \(status)") }
                return false
            }
        } catch {
            throw Failed(
                description: "\(error); its output: \(lines.suffix(20)) \(errors.suffix(2000))")
        }
    }

    /// Waits for its end; gives the exit status.
    package func end() async throws -> Int32 {
        let found = Probe<Int32>(0)
        try await eventually("the end of \(name)", seconds: 120, every: .milliseconds(20)) {
            guard let status = self.status else { return false }
            found.update { $0 = status }
            return true
        }
        return found.read { $0 }
    }

    /// SIGTERM; gives the exit status.
    package func stop() async throws -> Int32 {
        try await eventually("the start of \(name)", seconds: 60, every: .milliseconds(20)) {
            self.number(in: "child") != nil
        }
        if status == nil, let child = number(in: "child") { Self.send(SIGTERM, to: child) }
        return try await end()
    }

    /// SIGKILL, where it has not ended yet; gives the exit status.
    @discardableResult
    package func kill() async throws -> Int32 {
        try await eventually("the start of \(name)", seconds: 60, every: .milliseconds(20)) {
            self.number(in: "child") != nil
        }
        if status == nil, let child = number(in: "child") { Self.send(SIGKILL, to: child) }
        return try await end()
    }

    private static func send(_ signal: Int32, to process: Int32) {
        Foundation.kill(process, signal)
    }
}
