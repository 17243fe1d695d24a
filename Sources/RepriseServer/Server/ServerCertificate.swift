internal import Model
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The certificate that the API shows: read from files at start, and again whenever it is told to.
/// Connections that exist keep theirs.
final class ServerCertificate: Sendable {
    private struct Pair: Sendable {
        var chain: [NIOSSLCertificate]
        var key: NIOSSLPrivateKey
    }

    private let pair: Mutex<Pair>

    /// Throws `configuration`.
    init(_ files: TLSFiles) throws(RepriseError) {
        pair = Mutex(try ServerCertificate.read(files))
    }

    /// Throws `configuration` and keeps what it has where the files cannot be used.
    func reload(_ files: TLSFiles) throws(RepriseError) {
        let fresh = try ServerCertificate.read(files)
        pair.withLock { $0 = fresh }
    }

    /// When the first of the chain is no longer valid.
    var end: Timestamp {
        let ends = pair.withLock { $0.chain.map { Int64($0.notValidAfter) } }
        return Timestamp(milliseconds: (ends.min() ?? 0) * 1_000)
    }

    /// TLS 1.2 or newer. Each handshake asks for the pair of the moment.
    func configuration() -> TLSConfiguration {
        let first = pair.withLock { $0 }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: first.chain.map { .certificate($0) },
            privateKey: .privateKey(first.key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.sslContextCallback = { [self] _, promise in
            let pair = pair.withLock { $0 }
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = pair.chain.map { .certificate($0) }
            override.privateKey = .privateKey(pair.key)
            promise.succeed(override)
        }
        return configuration
    }

    private static func read(_ files: TLSFiles) throws(RepriseError) -> Pair {
        // Their texts first: the library's errors do not say which file is missing.
        let certificates = try TextFile.read(files.certificateFile)
        let key = try TextFile.read(files.keyFile)
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificates.utf8))
            guard !chain.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
            let pair = Pair(
                chain: chain, key: try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
            // Whether the key belongs to the certificate shows here, not at the first handshake.
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: pair.chain.map { .certificate($0) },
                    privateKey: .privateKey(pair.key)))
            return pair
        } catch {
            throw RepriseError(
                .configuration,
                "\(files.certificateFile) and \(files.keyFile) are not a certificate in PEM and its "
                    + "unencrypted key.")
        }
    }
}
