public import Model

/// What the API proves itself with and knows its callers by: its certificate and its tokens. Both
/// can be replaced while it runs.
public final class ServerCredentials: Sendable {
    let gatekeeper: Gatekeeper
    let certificate: ServerCertificate?

    /// Throws `configuration` where the certificate or its key cannot be used.
    public init(_ configuration: ServerConfiguration) throws(RepriseError) {
        gatekeeper = Gatekeeper(tokens: configuration.knownTokens)
        if let files = configuration.tls {
            certificate = try ServerCertificate(files)
        } else {
            certificate = nil
        }
    }

    /// When the certificate, or one that leads to its authority, is no longer valid; nil without TLS.
    package var certificateEnd: Timestamp? { certificate?.end }

    /// Takes over tokens and certificate; connections that exist keep theirs, and every request is
    /// judged by the new tokens. Throws `configuration` and changes nothing where they cannot be
    /// used, or where there would be tokens, or TLS, where there were none, or the other way round.
    public func reload(_ configuration: ServerConfiguration) throws(RepriseError) {
        let tokens = configuration.knownTokens
        guard tokens.isEmpty == gatekeeper.isOpen else {
            throw RepriseError(
                .configuration, "Whether the API wants tokens at all is decided at the start.")
        }
        guard (configuration.tls == nil) == (certificate == nil) else {
            throw RepriseError(
                .configuration, "Whether the API speaks TLS is decided at the start.")
        }
        if let files = configuration.tls { try certificate?.reload(files) }
        gatekeeper.replace(tokens)
    }
}
