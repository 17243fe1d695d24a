import Foundation

/// What was done about each event, in a file: a line of the event's id and the effect. Both are there
/// or neither, so an event that comes again after a crash is known. In a database they would be two
/// rows of one transaction.
actor Ledger {
    private let file: FileHandle
    private var ids: Set<Substring>

    init(path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            try Data().write(to: URL(filePath: path))
        }
        file = try FileHandle(forUpdating: URL(filePath: path))
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        // A line without its end was being written when the process died: it does not count.
        let whole = text.lastIndex(of: "\n").map { text[...$0] } ?? ""
        ids = Set(whole.split(separator: "\n").compactMap { $0.split(separator: " ").first })
        try file.truncate(atOffset: UInt64(whole.utf8.count))
    }

    /// False when the event is known.
    func enter(_ id: String, _ effect: String) throws -> Bool {
        guard !ids.contains(Substring(id)) else { return false }
        try file.write(contentsOf: Data("\(id) \(effect)\n".utf8))
        try file.synchronize()
        ids.insert(Substring(id))
        return true
    }
}
