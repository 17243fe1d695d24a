internal import HTTPTypes
internal import Hummingbird
internal import Model

/// Who may ask. With a token: who has it. Without one the API is on loopback, where every process of
/// the machine may ask, but not a web page in somebody's browser.
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
        let isPage = head.headerFields[.origin] != nil
        let isNamed = head.authority.map { Loopback.contains(Loopback.host(of: $0)) } ?? true
        guard !isPage, isNamed else {
            throw RepriseError(
                .unauthorized,
                "Without a token only programs on this machine may ask, by the name localhost. "
                    + "Set server.tokenFile to let others in.")
        }
    }

    private static func bearer(_ value: String?) -> Substring? {
        guard let value, value.prefix(7).lowercased() == "bearer " else { return nil }
        return value.dropFirst(7).drop { $0 == " " }
    }
}

/// What a refused caller needs to know about authentication.
extension Refusal {
    static let challenge = "Bearer realm=\"reprise\""
}
