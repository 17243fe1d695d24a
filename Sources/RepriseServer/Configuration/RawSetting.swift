/// A key and a value as somebody wrote them, and where.
struct RawSetting: Sendable, Hashable {
    /// The parts of the key. From a file as they are nested there; else one text with dots.
    var key: [String]
    var value: Value
    var origin: Origin

    enum Value: Sendable, Hashable {
        case text(String)
        case list
        /// A key without a value: left at its standard.
        case nothing
    }

    enum Origin: Sendable, Hashable {
        case file(String, line: Int)
        case environment(String)
        case flag
    }

    var name: String { key.joined(separator: ".") }
}

extension RawSetting.Origin: CustomStringConvertible {
    var description: String {
        switch self {
        case .file(let path, let line): "\(path), line \(line)"
        case .environment(let name): "environment variable \(name)"
        case .flag: "command line"
        }
    }
}
