/// A journal's identity as the participants' routes write it: 16 hexadecimal digits.
package enum JournalName {
    package static func text(_ identity: UInt64) -> String {
        let digits = String(identity, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Nil for anything else, and for 0, which is no journal's.
    package static func read(_ text: String) -> UInt64? {
        let isHex = text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
        guard text.utf8.count == 16, isHex, let identity = UInt64(text, radix: 16), identity != 0
        else { return nil }
        return identity
    }
}
