/// Where the values stand in the text of a JSON object or array. Foundation says what a value means,
/// never which bytes it was written in, and a record that is sent as JSON is kept byte by byte.
enum JSONParts {
    /// The value of the first member with that name; nil when there is none, or when the name is
    /// written with escapes. `object` has been decoded: in any other text this finds anything.
    static func value(of name: String, in object: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        split(object).first { $0.name.elementsEqual("\"\(name)\"".utf8) }?.value
    }

    /// The elements of an array that has been decoded.
    static func elements(of array: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        split(array).map(\.value)
    }

    /// The outermost members, their names in quotes, or the outermost elements, without names.
    private static func split(
        _ text: ArraySlice<UInt8>
    ) -> [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        var parts: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
        var name: ArraySlice<UInt8> = []
        var start = text.startIndex
        var depth = 0
        var isString = false
        var isEscaped = false
        for (index, byte) in zip(text.indices, text) {
            if isString {
                isString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth == 1 { start = index + 1 }
            case UInt8(ascii: ":") where depth == 1:
                name = trimmed(text[start..<index])
                start = index + 1
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 1 {
                    let value = trimmed(text[start..<index])
                    if !value.isEmpty { parts.append((name, value)) }
                    start = index + 1
                }
                if byte != UInt8(ascii: ",") { depth -= 1 }
            default: break
            }
        }
        return parts
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte <= 0x20 }
        guard let last = text.lastIndex(where: { !isSpace($0) }) else { return [] }
        return text[...last].drop(while: isSpace)
    }
}
