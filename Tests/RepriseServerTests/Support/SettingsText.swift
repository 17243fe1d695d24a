import Foundation
import Model
import Testing

@testable import RepriseServer

/// Settings as a test writes them.
enum SettingsText {
    /// Reads `text` as a file, in a directory that goes away afterwards.
    static func load(
        _ text: String? = nil, name: String = "reprise.yaml", environment: [String: String] = [:],
        flags: [(key: String, value: String)] = []
    ) throws -> Settings {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "reprise-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: name).path
        if let text {
            let filled = text.replacing("$DIR", with: directory.path)
            try Data(filled.utf8).write(to: URL(filePath: path))
            try Data("a-token-of-a-file-0001\n".utf8).write(
                to: URL(filePath: directory.path + "/token"))
            try Data("host=/nowhere dbname=shop\n".utf8).write(
                to: URL(filePath: directory.path + "/connection"))
        }
        return try Settings.load(
            file: text == nil ? nil : path, environment: environment, flags: flags)
    }

    static func message(
        _ text: String? = nil, name: String = "reprise.yaml", environment: [String: String] = [:],
        flags: [(key: String, value: String)] = []
    ) -> String {
        let error = #expect(throws: RepriseError.self) {
            try load(text, name: name, environment: environment, flags: flags)
        }
        #expect(error?.code == .configuration)
        return error.map { "\($0.message) \($0.cause ?? "")" } ?? ""
    }
}
