import Foundation
import RepriseSignature
import Testing

@Suite struct SignatureTests {
    static let secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static let body = Array(#"{"id":"1"}"#.utf8)

    private func header(
        _ headers: [(name: String, value: String)], _ name: String
    ) -> String? {
        headers.first { $0.name == name }?.value
    }

    @Test func whatIsSignedIsBelieved() throws {
        let secrets = [try SigningSecret(Self.secret)]
        let headers = try RequestSigner(secrets).headers(
            method: "POST", target: "/recover?a=1", body: Self.body, timestamp: 1_767_225_600)
        #expect(header(headers, "reprise-timestamp") == "1767225600")
        try SignatureVerifier(secrets).verify(
            method: "POST", target: "/recover?a=1", body: Self.body,
            timestamp: header(headers, "reprise-timestamp"),
            signature: header(headers, "reprise-signature"), now: 1_767_225_601)
    }

    @Test func secretsAreReplacedWithoutAGap() throws {
        let old = try SigningSecret(Self.secret)
        let new = try SigningSecret("another-secret-that-replaces-the-first-one")
        // The signer has both, as the file has them; each handler knows one of them yet.
        let both = try SigningSecret.list("# newest first\n\(String(repeating: "n", count: 32))\n")
        #expect(both.count == 1)
        let headers = try RequestSigner([new, old]).headers(
            method: "POST", target: "/", body: Self.body, timestamp: 5)
        for known in [[old], [new], [old, new]] {
            try SignatureVerifier(known).verify(
                method: "POST", target: "/", body: Self.body,
                timestamp: header(headers, "reprise-timestamp"),
                signature: header(headers, "reprise-signature"), now: 5)
        }
    }

    @Test func withoutHeadersNothingIsBelieved() throws {
        let verifier = try SignatureVerifier([try SigningSecret(Self.secret)])
        #expect(throws: SignatureError.malformed) {
            try verifier.verify(
                method: "POST", target: "/", body: Self.body, timestamp: nil, signature: nil,
                now: 5)
        }
    }

    @Test func timesFarAwayDoNotTrap() throws {
        let verifier = try SignatureVerifier([try SigningSecret(Self.secret)])
        let signer = try RequestSigner([try SigningSecret(Self.secret)])
        for (time, now) in [(0, Int64.max), (0, Int64.min), (999_999_999_999_999_999, Int64.min)] {
            let headers = try signer.headers(
                method: "POST", target: "/", body: [], timestamp: Int64(time))
            #expect(throws: SignatureError.outsideWindow) {
                try verifier.verify(
                    method: "POST", target: "/", body: [], timestamp: headers[0].value,
                    signature: headers[1].value, now: now)
            }
        }
    }

    @Test func aWindowHasBounds() throws {
        let secrets = [try SigningSecret(Self.secret)]
        let headers = try RequestSigner(secrets).headers(
            method: "POST", target: "/", body: [], timestamp: 10_000)
        for (window, now) in [(Int64.max, Int64(13_601)), (Int64.min, 10_002)] {
            let verifier = try SignatureVerifier(secrets, windowSeconds: window)
            #expect(throws: SignatureError.outsideWindow) {
                try verifier.verify(
                    method: "POST", target: "/", body: [], timestamp: headers[0].value,
                    signature: headers[1].value, now: now)
            }
        }
    }

    /// Else the line of one part could be taken for that of the next.
    @Test(arguments: [
        ("POST\n/", "/"), ("POST", "/a\n/b"), ("", "/"), ("POST", ""), ("POST", "/ä"),
    ])
    func aLineBreakIsNeverSigned(method: String, target: String) throws {
        let signer = try RequestSigner([try SigningSecret(Self.secret)])
        #expect(throws: SignatureError.malformed) {
            try signer.headers(method: method, target: target, body: [], timestamp: 5)
        }
    }

    @Test(arguments: [
        "", "short", String(repeating: "x", count: 31), String(repeating: "x", count: 1_025),
        "a secret with spaces in it, long enough", "ein-geheimnis-mit-umlaut-ä-lang-genug",
    ])
    func aPoorSecretIsRefused(text: String) {
        #expect(throws: SignatureError.unusableSecret) { try SigningSecret(text) }
        #expect(throws: SignatureError.unusableSecret) { try SigningSecret.list(text) }
    }

    @Test func aSecretNeverShowsItself() throws {
        let secret = try SigningSecret("  \(Self.secret)\n")
        #expect(secret == (try SigningSecret(Self.secret)))
        let signer = try RequestSigner([secret])
        var dumped = ""
        dump(signer, to: &dumped)
        dump(try SignatureVerifier([secret]), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(signer)", dumped] {
            #expect(!text.contains(Self.secret))
        }
    }
}

/// The vectors that other languages test with: schemas/signature-vectors.json.
@Suite struct SignatureVectorTests {
    struct Vectors: Decodable {
        var vectors: [Vector]
    }

    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var valid: Bool
        var reason: String?
        var secrets: [String]
        var windowSeconds: Int64
        var nowSeconds: Int64
        var method: String
        var target: String
        var bodyBase64: Data
        var timestamp: String
        var signature: String

        var testDescription: String { name }
    }

    static func vectors() throws -> [Vector] {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "schemas/signature-vectors.json")
        return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url)).vectors
    }

    @Test func eachIsBelievedOrNot() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count > 20)
        for vector in vectors {
            let reason: String?
            do throws(SignatureError) {
                let secrets = try SigningSecret.list(vector.secrets.joined(separator: "\n"))
                try SignatureVerifier(secrets, windowSeconds: vector.windowSeconds).verify(
                    method: vector.method, target: vector.target, body: Array(vector.bodyBase64),
                    timestamp: vector.timestamp, signature: vector.signature,
                    now: vector.nowSeconds)
                reason = nil
            } catch {
                reason = "\(error.name)"
            }
            #expect(reason == vector.reason, "\(vector.name)")
            #expect(vector.valid == (vector.reason == nil), "\(vector.name)")
        }
    }
}

extension SignatureError {
    fileprivate var name: String {
        switch self {
        case .malformed: "malformed"
        case .outsideWindow: "outsideWindow"
        case .mismatch: "mismatch"
        case .unusableSecret: "unusableSecret"
        }
    }
}
