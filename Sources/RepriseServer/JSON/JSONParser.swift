/// Where and why a text is not JSON.
package struct JSONSyntaxError: Error, Sendable, Hashable {
    package var reason: String
    /// Both count from 1; the column counts bytes.
    package var line: Int
    package var column: Int
}

extension JSONSyntaxError: CustomStringConvertible {
    package var description: String { "line \(line), column \(column): \(reason)" }
}

/// Reads JSON (RFC 8259), strictly: one value, UTF-8, no repeated names, bounded depth. Ours,
/// because a caller is told where the text breaks and a record given as JSON is kept byte by byte.
package struct JSONParser {
    private let bytes: [UInt8]
    private var cursor = 0
    private var depth = 0

    /// Deeper nesting is refused.
    package static let maxDepth = 64

    package static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSON {
        var parser = JSONParser(bytes: bytes)
        let value = try parser.readValue()
        parser.skipSpace()
        guard parser.cursor == bytes.count else {
            throw parser.failure("text after the end of the value")
        }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: Values

    private mutating func readValue() throws(JSONSyntaxError) -> JSON {
        skipSpace()
        let start = cursor
        guard let byte = peek() else { throw failure("the text ends where a value is expected") }
        let value: JSON.Value
        switch byte {
        case UInt8(ascii: "{"): value = try readObject()
        case UInt8(ascii: "["): value = try readArray()
        case UInt8(ascii: "\""): value = .string(try readString())
        case UInt8(ascii: "t"): value = try readWord("true", .boolean(true))
        case UInt8(ascii: "f"): value = try readWord("false", .boolean(false))
        case UInt8(ascii: "n"): value = try readWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): value = try readNumber()
        default: throw failure("a value is expected here")
        }
        return JSON(value: value, range: start..<cursor)
    }

    private mutating func readWord(
        _ word: StaticString, _ value: JSON.Value
    ) throws(JSONSyntaxError) -> JSON.Value {
        for offset in 0..<word.utf8CodeUnitCount {
            guard peek() == word.utf8Start[offset] else {
                throw failure("a value is expected here")
            }
            cursor += 1
        }
        return value
    }

    private mutating func readObject() throws(JSONSyntaxError) -> JSON.Value {
        try descend()
        var members: [JSON.Member] = []
        var names: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return ascend(.object(members)) }
        while true {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else {
                throw failure("a name in quotes is expected")
            }
            let place = cursor
            let name = try readString()
            guard names.insert(name).inserted else {
                throw failure("this name stands in the object twice", at: place)
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("':' is expected after a name") }
            members.append(JSON.Member(name: name, value: try readValue()))
            skipSpace()
            if take(UInt8(ascii: "}")) { return ascend(.object(members)) }
            guard take(UInt8(ascii: ",")) else { throw failure("',' or '}' is expected") }
        }
    }

    private mutating func readArray() throws(JSONSyntaxError) -> JSON.Value {
        try descend()
        var elements: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return ascend(.array(elements)) }
        while true {
            elements.append(try readValue())
            skipSpace()
            if take(UInt8(ascii: "]")) { return ascend(.array(elements)) }
            guard take(UInt8(ascii: ",")) else { throw failure("',' or ']' is expected") }
        }
    }

    private mutating func readNumber() throws(JSONSyntaxError) -> JSON.Value {
        let start = cursor
        _ = take(UInt8(ascii: "-"))
        let leadingZero = peek() == UInt8(ascii: "0")
        let whole = takeDigits()
        guard whole > 0, !leadingZero || whole == 1 else {
            throw failure("not a number", at: start)
        }
        if take(UInt8(ascii: ".")), takeDigits() == 0 { throw failure("not a number", at: start) }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if takeDigits() == 0 { throw failure("not a number", at: start) }
        }
        return .number(String(decoding: bytes[start..<cursor], as: UTF8.self))
    }

    // MARK: Strings

    private mutating func readString() throws(JSONSyntaxError) -> String {
        let start = cursor
        cursor += 1
        var text: [UInt8] = []
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                cursor += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure("the string is not UTF-8", at: start)
                }
                return string
            case UInt8(ascii: "\\"):
                text.append(contentsOf: String(try readEscape()).utf8)
            case 0..<0x20:
                throw failure("a control character in a string must be escaped")
            default:
                text.append(byte)
                cursor += 1
            }
        }
        throw failure("the string has no end", at: start)
    }

    private mutating func readEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = cursor
        cursor += 1
        guard let letter = peek() else { throw failure("the string has no end", at: start) }
        cursor += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try readUnicode(start)
        default: throw failure("no such escape", at: start)
        }
    }

    private mutating func readUnicode(_ start: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
        let unit = try readHex(start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // A high surrogate; its low half must follow.
        guard unit < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("half a surrogate pair", at: start)
        }
        let low = try readHex(start)
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw failure("half a surrogate pair", at: start) }
        return scalar
    }

    private mutating func readHex(_ start: Int) throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else {
                throw failure("four hexadecimal digits are expected", at: start)
            }
            unit = unit << 4 | UInt32(digit)
            cursor += 1
        }
        return unit
    }

    // MARK: Bytes

    private func peek() -> UInt8? {
        cursor < bytes.count ? bytes[cursor] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        cursor += 1
        return true
    }

    private mutating func takeDigits() -> Int {
        let start = cursor
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            cursor += 1
        }
        return cursor - start
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            cursor += 1
        }
    }

    private mutating func descend() throws(JSONSyntaxError) {
        depth += 1
        guard depth <= JSONParser.maxDepth else {
            throw failure("nested deeper than \(JSONParser.maxDepth)")
        }
        cursor += 1
    }

    private mutating func ascend(_ value: JSON.Value) -> JSON.Value {
        depth -= 1
        return value
    }

    private func failure(_ reason: String, at place: Int? = nil) -> JSONSyntaxError {
        let end = min(place ?? cursor, bytes.count)
        let before = bytes[..<end]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        return JSONSyntaxError(reason: reason, line: line, column: end - lineStart + 1)
    }
}
