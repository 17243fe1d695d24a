internal import Foundation

/// What the HTTP client writes into the request line for a URL: its path and query, escaped where
/// they need it, without the fragment.
enum RequestTarget {
    static func of(_ url: String) -> String {
        let parts = URL(string: url).flatMap {
            URLComponents(url: $0, resolvingAgainstBaseURL: true)
        }
        guard let parts else { return "/" }
        let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        return path + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    }
}
