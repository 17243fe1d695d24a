internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import Synchronization

/// Who may ask. With tokens: who has one. Without, the API is on loopback, where every process of
/// the machine may ask, but not a web page in somebody's browser, except one of our own.
final class Gatekeeper: Sendable {
    private let tokens: Mutex<[NamedToken]>
    private let now: @Sendable () -> Timestamp

    init(tokens: [NamedToken], now: @escaping @Sendable () -> Timestamp = HTTPHandler.wallClock) {
        self.tokens = Mutex(tokens)
        self.now = now
    }

    /// From now on these count. Whether there are any at all must not change: it decides on which
    /// address the server may listen.
    func replace(_ tokens: [NamedToken]) { self.tokens.withLock { $0 = tokens } }

    /// Whether there are no tokens.
    var isOpen: Bool { tokens.withLock { $0.isEmpty } }

    /// Throws `unauthorized`.
    func check(_ head: HTTPRequest) throws(RepriseError) -> Caller {
        let tokens = tokens.withLock { $0 }
        guard !tokens.isEmpty else { return try checkWithoutTokens(head) }
        guard let given = Gatekeeper.bearer(head.headerFields[.authorization]),
            given.utf8.count <= AccessToken.maxBytes
        else {
            throw RepriseError(
                .unauthorized, "Send a token of this node: Authorization: Bearer <token>.")
        }
        let digest = TokenDigest(of: given.utf8)
        var found: NamedToken?
        // To the end of the list, so that time does not tell which one it is.
        for token in tokens where token.digest.matches(digest) { found = token }
        guard let found else {
            throw RepriseError(.unauthorized, "The token is none of this node's.")
        }
        guard found.expires.map({ now() < $0 }) ?? true else {
            throw RepriseError(
                .unauthorized, "The token \"\(found.name)\" has expired. Ask for a new one.")
        }
        return Caller(name: found.name, scopes: found.scopes)
    }

    // A page can make its browser call loopback, and DNS can name loopback as it likes. So the name
    // must be loopback's, and a page must be one that came from here, under that very name.
    private func checkWithoutTokens(_ head: HTTPRequest) throws(RepriseError) -> Caller {
        let name = head.authority ?? ""
        let isNamed = head.authority == nil || Loopback.contains(Loopback.host(of: name))
        guard isNamed, !Gatekeeper.isForeignPage(head) else {
            throw RepriseError(
                .unauthorized,
                "Without a token only programs on this machine may ask, by the name localhost. "
                    + "Set server.tokenFile to let others in.")
        }
        return .local
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
