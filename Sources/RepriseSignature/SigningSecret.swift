internal import Crypto

/// What signer and verifier share. It never shows itself in a text.
public struct SigningSecret: Sendable {
    let key: SymmetricKey

    public static let minBytes = 32
    public static let maxBytes = 1_024

    /// The key is the bytes of `text` without the white space around it: hexadecimal digits are not
    /// decoded. Throws `unusableSecret`.
    public init(_ text: String) throws(SignatureError) {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let kept = Array(text.utf8.drop { isSpace($0) }.reversed().drop { isSpace($0) }.reversed())
        guard (SigningSecret.minBytes...SigningSecret.maxBytes).contains(kept.count),
            kept.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .unusableSecret }
        key = SymmetricKey(data: kept)
    }

    /// One secret a line, as a file has them; empty lines and those that begin with `#` are left
    /// out. The first is the newest. Throws `unusableSecret`, also for none or more than 8.
    public static func list(_ text: String) throws(SignatureError) -> [SigningSecret] {
        var secrets: [SigningSecret] = []
        for line in text.split(whereSeparator: { $0.isNewline }) {
            guard let first = line.first(where: { $0 != " " && $0 != "\t" }), first != "#" else {
                continue
            }
            secrets.append(try SigningSecret(String(line)))
        }
        guard (1...RequestSignature.maxSignatures).contains(secrets.count) else {
            throw .unusableSecret
        }
        return secrets
    }

    /// HMAC-SHA256 under this secret.
    func code(_ message: SignedMessage) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: key)
        hmac.update(data: message.head)
        hmac.update(data: message.body)
        return Array(hmac.finalize())
    }
}

extension SigningSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SigningSecret: Hashable {
    /// In constant time, as `SymmetricKey` compares.
    public static func == (left: SigningSecret, right: SigningSecret) -> Bool {
        left.key == right.key
    }

    /// By its length only.
    public func hash(into hasher: inout Hasher) { hasher.combine(key.bitCount) }
}
