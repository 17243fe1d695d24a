/// Where the certificate and key of the HTTP API lie, in PEM.
public struct TLSFiles: Sendable, Hashable {
    /// The server's own certificate first, then those that lead to its authority.
    public var certificateFile: String
    /// Not encrypted: only the process may read it.
    public var keyFile: String

    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
