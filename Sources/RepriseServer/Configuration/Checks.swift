internal import Glibc
internal import Model

/// Whether a setting's text is what it must be.
enum Checks {
    static func isURL(_ text: String) -> Bool {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0) }) else {
            return false
        }
        let rest = text.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // A password in a URL would end up in logs.
        guard !host.isEmpty, !host.hasPrefix(":"), !host.contains("@") else { return false }
        return text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    static func isBrokerList(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { broker in
            let parts = broker.split(separator: " ").joined()
            guard let colon = parts.lastIndex(of: ":"), colon > parts.startIndex else {
                return false
            }
            return UInt16(parts[parts.index(after: colon)...]) ?? 0 > 0
        }
    }

    static func isTopicName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                Kind.isValid(String(Unicode.Scalar(byte)))
            }
    }
}

enum HostName {
    /// `localhost` where the system does not tell.
    static var current: String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let failed = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { gethostname($0, text.count - 1) } ?? -1
            }
        }
        let name = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        return failed == 0 && !name.isEmpty && name.utf8.count <= Limits.maxNodeBytes
            ? name : "localhost"
    }
}
