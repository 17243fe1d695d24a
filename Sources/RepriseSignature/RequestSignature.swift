/// Signs what a node or worker sends to handlers. schemas/signatures.md has the form, for every
/// language, and vectors to test with.
public struct RequestSigner: Sendable, Hashable {
    private let secrets: [SigningSecret]

    /// With several secrets, while one replaces another, each signs; the first is the newest.
    /// Throws `unusableSecret` for none or more than 8.
    public init(_ secrets: [SigningSecret]) throws(SignatureError) {
        guard (1...RequestSignature.maxSignatures).contains(secrets.count) else {
            throw .unusableSecret
        }
        self.secrets = secrets
    }

    /// The two headers. `target` is the path with its query, as the request line has it;
    /// `timestamp` is in seconds since 1970. Throws `malformed` for a method or target that no
    /// request could have.
    public func headers(
        method: String, target: String, body: [UInt8], timestamp: Int64
    ) throws(SignatureError) -> [(name: String, value: String)] {
        guard
            let message = SignedMessage(
                timestamp: timestamp, method: method, target: target, body: body)
        else { throw .malformed }
        let signatures = secrets.map { "v1=" + Hexadecimal.text($0.code(message)) }
        return [
            (RequestSignature.timestampHeader, String(timestamp)),
            (RequestSignature.signatureHeader, signatures.joined(separator: ",")),
        ]
    }
}

/// Names and limits of the headers.
public enum RequestSignature {
    /// Seconds since 1970 in decimal digits.
    public static let timestampHeader = "reprise-timestamp"
    /// `v1=<64 hexadecimal digits>`, several separated by commas.
    public static let signatureHeader = "reprise-signature"
    /// Signatures in a header, and secrets at a time.
    public static let maxSignatures = 8
}

enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Nil unless `text` is an even number of digits.
    static func bytes(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for byte in text.utf8 {
            guard byte < 0x80, let value = Character(UnicodeScalar(byte)).hexDigitValue else {
                return nil
            }
            if let first = high {
                bytes.append(first << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        return high == nil ? bytes : nil
    }
}
