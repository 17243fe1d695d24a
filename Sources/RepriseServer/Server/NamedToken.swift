public import Model

/// A token that the server knows: by whom it is held, what they may do, and until when.
public struct NamedToken: Sendable, Hashable {
    /// Who acts, for the log; never a secret.
    public var name: String
    public var scopes: Set<Scope>
    /// Refused from then on; nil is for ever.
    public var expires: Timestamp?
    let digest: TokenDigest

    public init(
        name: String, scopes: Set<Scope>, expires: Timestamp? = nil, token: AccessToken
    ) {
        self.init(name: name, scopes: scopes, expires: expires, digest: token.digest)
    }

    init(name: String, scopes: Set<Scope>, expires: Timestamp?, digest: TokenDigest) {
        self.name = name
        self.scopes = scopes
        self.expires = expires
        self.digest = digest
    }
}

extension NamedToken: CustomStringConvertible, CustomReflectable {
    public var description: String {
        "\(name) (\(scopes.map(\.rawValue).sorted().joined(separator: ", ")))"
    }
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
