internal import Foundation
internal import Model

/// Where a process is reached: what tokens for it may be sent to.
struct BaseAddress: Sendable, Hashable {
    /// Without a slash at the end.
    let text: String

    /// - Throws: `configuration` unless `text` is an absolute URL of http or https, without user,
    ///   query and fragment.
    init(_ text: String) throws(RepriseError) {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            ["http", "https"].contains(parts.scheme), parts.user == nil, parts.password == nil,
            parts.query == nil, parts.fragment == nil, BaseAddress.isPlain(text)
        else {
            throw RepriseError(
                .configuration,
                "\"\(text.prefix(128))\" is no address of a process. Write it like "
                    + "https://orders.example:7171, without user, query and fragment.")
        }
        self.text = String(text.reversed().drop { $0 == "/" }.reversed())
    }

    /// Whether `url` is this address or one below it, as whoever follows it will understand it.
    func covers(_ url: String) -> Bool {
        guard url.hasPrefix(text), BaseAddress.isPlain(url) else { return false }
        let rest = url.dropFirst(text.count)
        return rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("?")
    }

    /// No dots that climb, and nothing that some read as a slash.
    private static func isPlain(_ url: String) -> Bool {
        let path = url.prefix { $0 != "?" }.lowercased()
        return !path.contains("/..") && !path.contains("%2e") && !path.contains("\\")
            && url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
