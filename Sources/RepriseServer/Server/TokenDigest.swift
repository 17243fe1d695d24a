internal import Crypto

/// SHA-256 of a token: all that the server keeps of it, and all that a file of tokens has to say.
/// Tokens are long and random, so a digest does not give them away.
struct TokenDigest: Sendable, Hashable {
    private let bytes: [UInt8]

    init(of token: some Sequence<UInt8>) {
        bytes = Array(SHA256.hash(data: Array(token)))
    }

    /// 64 hexadecimal digits.
    init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard text.utf8.count == 64, digits.count == 64 else { return nil }
        bytes = (0..<32).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
    }

    /// Takes the same time whatever the digests are.
    func matches(_ other: TokenDigest) -> Bool {
        var difference: UInt8 = 0
        for (left, right) in zip(bytes, other.bytes) { difference |= left ^ right }
        return difference == 0
    }
}
