import Foundation
import Model
import TestSupport
import Testing

@testable import Recovery

/// What a release has written, as it lies in `Fixtures/<version>`.
struct Fixture: Sendable, CustomTestStringConvertible {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
    private static let folder = root.appending(path: "Fixtures")

    let version: String

    static var all: [Fixture] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted().map { Fixture(version: $0) }
    }

    var testDescription: String { version }

    func url(_ name: String) -> URL { Self.folder.appending(path: "\(version)/\(name)") }

    func text(_ name: String) throws -> String {
        try String(contentsOf: url(name), encoding: .utf8)
    }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }

    func write(_ text: String, to name: String) throws {
        try write(Array(text.utf8), to: name)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        let url = url(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// A copy of its journal, which a replay may change; goes with the directory.
    func journal() throws -> (directory: TestDirectory, path: String) {
        let directory = try TestDirectory("compatibility")
        let path = directory.path + "/journal"
        try FileManager.default.copyItem(atPath: url("journal").path, toPath: path)
        return (directory, path)
    }

    /// The messages of its partition, read as a worker reads them.
    func messages() throws -> [PartitionMessage] {
        try text("topic.txt").split(separator: "\n").map(TopicLine.message)
    }
}

/// A message of the sessions topic as one line: offset, `reprise-type`, `reprise-origin`, and the value
/// in base64.
enum TopicLine {
    static func text(_ offset: Int64, _ type: String, _ origin: Origin, _ value: [UInt8]) -> String
    {
        "\(offset) \(type) \(origin.text) \(Data(value).base64EncodedString())\n"
    }

    struct Malformed: Error {
        var line: String
    }

    static func message(_ line: some StringProtocol) throws -> PartitionMessage {
        let columns = line.split(whereSeparator: \.isWhitespace).map { String($0) }
        guard columns.count == 4, let offset = Int64(columns[0]),
            let value = Data(base64Encoded: columns[3])
        else { throw Malformed(line: String(line)) }
        return message(offset: offset, type: columns[1], origin: columns[2], value: Array(value))
    }

    static func message(
        offset: Int64, type: String, origin: String, value: [UInt8]
    ) -> PartitionMessage {
        var origins = OriginCache()
        let writer = Array(origin.utf8).withUnsafeBytes { origins.origin($0) }
        return PartitionMessage(
            offset: offset, origin: writer, time: .zero, isBatch: type == WireHeader.batch,
            value: value)
    }
}
