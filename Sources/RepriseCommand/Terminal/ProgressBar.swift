internal import Foundation
internal import Glibc

/// How far long work is, on the standard error of a terminal: one line that is written over.
struct ProgressBar: Sendable {
    /// Where the line goes; nothing where the standard error is no terminal. Tests listen.
    @TaskLocal static var sink: @Sendable (String) -> Void = { text in
        guard isatty(STDERR_FILENO) == 1 else { return }
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static let width = 30
    let unit: String

    func show(_ done: Int, of total: Int?, failed: Int) {
        ProgressBar.sink("\r" + line(done, of: total, failed: failed) + "\u{1B}[K")
    }

    /// Leaves the last line standing.
    func finish() { ProgressBar.sink("\n") }

    func line(_ done: Int, of total: Int?, failed: Int) -> String {
        let trouble = failed > 0 ? ", \(failed) failed" : ""
        guard let total else { return "looking for \(unit)…" }
        guard total > 0 else { return "no \(unit)" }
        let part = min(max(done, 0), total)
        let full = ProgressBar.width * part / total
        let bar =
            String(repeating: "#", count: full)
            + String(repeating: ".", count: ProgressBar.width - full)
        return "[\(bar)] \(100 * part / total) %  \(part) of \(total) \(unit)\(trouble)"
    }
}
