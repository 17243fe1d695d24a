internal import Model
internal import NIOSSL
public import RepriseSignature

/// What is common to the requests that a process sends to handlers and others.
public struct OutgoingConfiguration: Sendable, Hashable {
    /// Signs what has no signer of its own; nil leaves it unsigned.
    public var signer: RequestSigner?
    /// PEM of the authorities that may vouch for handlers, instead of the system's.
    public var caFile: String?

    public init() {}
}

extension OutgoingConfiguration {
    /// Throws `configuration` where `caFile` holds no certificates.
    func tls() throws(RepriseError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        guard let caFile else { return configuration }
        let text = try TextFile.read(caFile)
        guard let roots = try? NIOSSLCertificate.fromPEMBytes(Array(text.utf8)), !roots.isEmpty
        else {
            throw RepriseError(.configuration, "\(caFile) holds no certificates in PEM.")
        }
        configuration.trustRoots = .certificates(roots)
        return configuration
    }
}
