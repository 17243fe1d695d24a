internal import Foundation

/// A directory of one test's own, gone with the value.
package final class TestDirectory: Sendable {
    package let path: String

    package init(_ name: String = "test") throws {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "reprise-\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    package func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
