/// The identity of a session: 16 bytes, by default a UUIDv7 (RFC 9562), or what the client brings.
public struct SessionID: Sendable, Hashable, Comparable {
    /// The first 8 bytes, in network order.
    public var high: UInt64
    /// The last 8 bytes, in network order.
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// As the bytes in network order compare.
    public static func < (left: SessionID, right: SessionID) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }

    /// A UUIDv7: 48 bits of `time`, then 74 bits of `random`.
    public init(time: Timestamp, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(max(0, time.milliseconds)) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | random.0 & 0x0FFF
        low = 0x8000_0000_0000_0000 | random.1 & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// A UUIDv8 for what arrived without a readable identity: the same place gives the same id.
    public init(undecodablePartition partition: UInt32, position: Position) {
        high = UInt64(partition) << 16 | 0x8000
        low = 0x8000_0000_0000_0000 | position.rawValue & 0x3FFF_FFFF_FFFF_FFFF
    }
}

// MARK: Text

extension SessionID: CustomStringConvertible {
    /// Reads the 36-character text of a UUID, in either case.
    public init?(text: some StringProtocol) {
        var values: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var index = 0
        for byte in text.utf8 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = SessionID.hexValue(byte) else { return nil }
                if digits < 16 {
                    values.0 = values.0 << 4 | digit
                } else {
                    values.1 = values.1 << 4 | digit
                }
                digits += 1
            }
            index += 1
            guard index <= 36 else { return nil }
        }
        guard index == 36, digits == 32 else { return nil }
        self.init(high: values.0, low: values.1)
    }

    /// Characters of the text form.
    public static let textLength = 36

    /// Lower-case UUID text.
    public var description: String {
        String(unsafeUninitializedCapacity: SessionID.textLength) { writeText(to: $0) }
    }

    /// Writes the text form into the first 36 bytes of `buffer`.
    @discardableResult
    public func writeText(to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let digits: StaticString = "0123456789abcdef"
        var cursor = 0
        for place in 0..<32 {
            if place == 8 || place == 12 || place == 16 || place == 20 {
                buffer[cursor] = UInt8(ascii: "-")
                cursor += 1
            }
            let half = place < 16 ? high : low
            let nibble = Int(half >> UInt64(60 - (place & 15) * 4) & 0xF)
            buffer[cursor] = digits.utf8Start[nibble]
            cursor += 1
        }
        return cursor
    }

    private static func hexValue(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
