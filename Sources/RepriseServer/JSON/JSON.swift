/// A JSON value as it was read: what it is, and where it stands in the text.
package struct JSON: Sendable, Hashable {
    package var value: Value
    /// Its bytes in the text it was read from.
    package var range: Range<Int>

    package enum Value: Sendable, Hashable {
        case null
        case boolean(Bool)
        /// As written, so that no digit of a 64-bit number is lost.
        case number(String)
        case string(String)
        case array([JSON])
        case object([Member])
    }

    package struct Member: Sendable, Hashable {
        package var name: String
        package var value: JSON
    }

    /// The member of that name; nil when there is none or this is no object.
    package subscript(name: String) -> JSON? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    package var boolean: Bool? {
        if case .boolean(let flag) = value { flag } else { nil }
    }

    /// A whole number within 64 bits, written without point or exponent.
    package var integer: Int64? {
        if case .number(let text) = value { Int64(text) } else { nil }
    }

    package var array: [JSON]? {
        if case .array(let elements) = value { elements } else { nil }
    }

    package var members: [Member]? {
        if case .object(let members) = value { members } else { nil }
    }

    package var isNull: Bool { value == .null }

    /// What a person calls this sort of value.
    package var noun: String {
        switch value {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
