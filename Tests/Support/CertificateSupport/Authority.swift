internal import Crypto
package import Foundation
package import RepriseServer
internal import SwiftASN1
internal import X509

/// An authority made for a test, which vouches for `localhost`. Its files lie in a folder of its own.
package struct Authority: Sendable {
    package let folder: URL
    package let caFile: String
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    private let certificate: Certificate

    package init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        caFile = folder.appending(path: "ca.pem").path
        let name = try DistinguishedName { CommonName("Authority \(UUID().uuidString)") }
        certificate = try Authority.make(
            subject: name, issuer: name, key: key.publicKey, signer: key,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            })
        try Authority.write(certificate.serializeAsPEM().pemString, to: caFile)
    }

    /// A certificate for `localhost` and its key.
    package func issue(_ name: String) throws -> TLSFiles {
        let own = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let issued = try Authority.make(
            subject: DistinguishedName { CommonName(name) }, issuer: certificate.subject,
            key: own.publicKey, signer: key,
            extensions: Certificate.Extensions { SubjectAlternativeNames([.dnsName("localhost")]) })
        let files = TLSFiles(
            certificateFile: folder.appending(path: "\(name).pem").path,
            keyFile: folder.appending(path: "\(name).key").path)
        try Authority.write(issued.serializeAsPEM().pemString, to: files.certificateFile)
        try Authority.write(own.serializeAsPEM().pemString, to: files.keyFile)
        return files
    }

    package func remove() { try? FileManager.default.removeItem(at: folder) }

    private static func make(
        subject: DistinguishedName, issuer: DistinguishedName, key: Certificate.PublicKey,
        signer: Certificate.PrivateKey, extensions: Certificate.Extensions
    ) throws -> Certificate {
        let now = Date()
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key,
            notValidBefore: now - 86_400, notValidAfter: now + 86_400, issuer: issuer,
            subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: signer)
    }

    private static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}
