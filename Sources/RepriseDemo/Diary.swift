internal import Foundation
internal import Glibc

/// Lines of two or three words that outlive a SIGKILL: each is one write to the file.
struct Diary: Sendable {
    private let descriptor: CInt

    init(_ path: String) throws {
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw DemoError("cannot write \(path)") }
    }

    func write(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }

    /// The whole lines, as words.
    static func read(_ path: String) -> [[Substring]] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [] }
        var lines = String(decoding: data, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        lines.removeLast()
        return lines.map { $0.split(separator: " ") }
    }
}

/// Why the demo cannot go on.
public struct DemoError: Error, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// This process ends as if its machine had lost power.
func dieNow() {
    kill(getpid(), SIGKILL)
}
