public import Model

/// A secret that callers prove to know. It never shows itself in a text.
public struct AccessToken: Sendable, Hashable {
    private let bytes: [UInt8]

    /// Fewer are too easily guessed.
    public static let minBytes = 16
    public static let maxBytes = 1_024

    /// `text` without the white space around it, as the last line of a file has it.
    public init(_ text: String) throws(RepriseError) {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let kept = text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        bytes = Array(kept)
        guard (AccessToken.minBytes...AccessToken.maxBytes).contains(bytes.count),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw RepriseError(
                .configuration,
                "A token is \(AccessToken.minBytes) to \(AccessToken.maxBytes) visible ASCII "
                    + "characters. Make one with: openssl rand -hex 32")
        }
    }

    var digest: TokenDigest { TokenDigest(of: bytes) }

    /// Whether a client sent this one, as `headerValue`. Takes the same time whatever it sent.
    package func matches(_ given: String) -> Bool {
        TokenDigest(of: given.utf8).matches(TokenDigest(of: headerValue.utf8))
    }

    /// For a client that must send it.
    package var headerValue: String { "Bearer " + String(decoding: bytes, as: UTF8.self) }
}

extension AccessToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
