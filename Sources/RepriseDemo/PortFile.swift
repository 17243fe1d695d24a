internal import Foundation

/// A number in a file: how a process tells its port.
enum PortFile {
    static func write(_ text: String, to path: String) throws {
        try Data("\(text)\n".utf8).write(to: URL(filePath: path), options: .atomic)
    }

    /// Nil until it is there.
    static func read(_ path: String) -> String? {
        guard let data = try? Data(contentsOf: URL(filePath: path)), data.last == 10 else {
            return nil
        }
        return String(decoding: data.dropLast(), as: UTF8.self)
    }
}
