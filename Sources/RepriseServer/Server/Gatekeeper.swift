internal import HTTPTypes
internal import Hummingbird
internal import Model

/// Who may ask. With a token: who has it. Without one the API is on loopback, where every process of
/// the machine may ask, and of the web pages in somebody's browser only our own console.
struct Gatekeeper: Sendable {
    let token: AccessToken?

    func check(_ head: HTTPRequest) throws(RepriseError) {
        if let token {
            guard let given = Gatekeeper.bearer(head.headerFields[.authorization]) else {
                throw RepriseError(
                    .unauthorized, "Send the node's token: Authorization: Bearer <token>.")
            }
            guard token.matches(given.utf8) else {
                throw RepriseError(.unauthorized, "The token is not this node's.")
            }
            return
        }
        // A page can make its browser call loopback, and DNS can name loopback as it likes.
        let isNamed = head.authority.map { Loopback.contains(Loopback.host(of: $0)) } ?? true
        guard !Gatekeeper.isForeignPage(head), isNamed else {
            throw RepriseError(
                .unauthorized,
                "Without a token only programs on this machine may ask, by the name localhost. "
                    + "Set server.tokenFile to let others in.")
        }
    }

    /// Whether a web page asks that did not come from here. Browsers send `Origin` with everything that
    /// changes something, and `Sec-Fetch-Site` always; programs send neither.
    private static func isForeignPage(_ head: HTTPRequest) -> Bool {
        if let fetchSite, let site = head.headerFields[fetchSite] {
            guard site == "same-origin" || site == "none" else { return true }
        }
        guard let origin = head.headerFields[.origin]?.lowercased() else { return false }
        guard let authority = head.authority?.lowercased() else { return true }
        return origin != "http://\(authority)" && origin != "https://\(authority)"
    }

    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")

    private static func bearer(_ value: String?) -> Substring? {
        guard let value, value.prefix(7).lowercased() == "bearer " else { return nil }
        return value.dropFirst(7).drop { $0 == " " }
    }
}

/// What a refused caller needs to know about authentication.
extension Refusal {
    static let challenge = "Bearer realm=\"reprise\""
}
