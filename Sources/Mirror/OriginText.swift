internal import Model

/// The text of a mirrored event's origin, written into the same storage for every message.
struct OriginText: ~Copyable {
    private var bytes: [UInt8]
    private let prefix: Int

    init(_ writer: Writer) {
        bytes = Array("\(writer.text)/".utf8)
        prefix = bytes.count
        bytes += [UInt8](repeating: 0, count: 20)
    }

    /// Calls `body` with the text that ends in `number`; it is good until `body` returns.
    mutating func with(_ number: UInt64, _ body: (UnsafeRawBufferPointer) -> Void) {
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        rest = number
        for place in stride(from: prefix + digits - 1, through: prefix, by: -1) {
            bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<(prefix + digits)])) }
    }
}
