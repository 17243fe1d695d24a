import Foundation

/// What processes of one test do, in the order in which they do it: lines of a file that outlives
/// whoever is killed.
struct Effects: Sendable {
    let path: String

    func add(_ line: String) {
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
        guard file >= 0 else { return }
        var bytes = Array("\(line)\n".utf8)
        // One call, so that lines of two processes stay whole.
        _ = write(file, &bytes, bytes.count)
        close(file)
    }

    var lines: [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
