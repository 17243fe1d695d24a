/// Base64 (RFC 4648, section 4) between bytes and bytes of text. Strict: padded, no line breaks, no
/// stray bits, so that every record has exactly one spelling.
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    package static func encode(_ data: [UInt8]) -> String {
        var text: [UInt8] = []
        encode(data, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func encode(_ data: [UInt8], into text: inout [UInt8]) {
        text.reserveCapacity(text.count + (data.count + 2) / 3 * 4)
        let letters = alphabet
        var index = 0
        while index + 2 < data.count {
            let group =
                UInt32(data[index]) << 16 | UInt32(data[index + 1]) << 8
                | UInt32(data[index + 2])
            text.append(letters[Int(group >> 18)])
            text.append(letters[Int(group >> 12 & 63)])
            text.append(letters[Int(group >> 6 & 63)])
            text.append(letters[Int(group & 63)])
            index += 3
        }
        let rest = data.count - index
        guard rest > 0 else { return }
        let group = UInt32(data[index]) << 16 | (rest == 2 ? UInt32(data[index + 1]) << 8 : 0)
        text.append(letters[Int(group >> 18)])
        text.append(letters[Int(group >> 12 & 63)])
        text.append(rest == 2 ? letters[Int(group >> 6 & 63)] : UInt8(ascii: "="))
        text.append(UInt8(ascii: "="))
    }

    /// Nil when `text` is not base64.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard text.count > 0 else { return [] }
        let padding = text.suffix(2).reduce(0) { $1 == UInt8(ascii: "=") ? $0 + 1 : $0 }
        let letters = text.count - padding
        let table = values
        var data: [UInt8] = []
        data.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var held = 0
        for index in 0..<letters {
            let value = table[Int(text[index])]
            guard value != 0xFF else { return nil }
            group = group << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                data.append(UInt8(truncatingIfNeeded: group >> UInt32(held)))
            }
        }
        guard group & (1 << UInt32(held) - 1) == 0 else { return nil }
        guard text[letters...].allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
        return data
    }
}
