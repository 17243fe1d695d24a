internal import Model

/// What somebody sent, and the names of its fields.
struct Given<Value: Decodable>: Decodable {
    let value: Value
    private let names: [String]

    init(from decoder: any Decoder) throws {
        value = try Value(from: decoder)
        // A null is as good as absent: generated clients send one for each field without a value.
        names = try [String: Anything?](from: decoder).compactMap { $0.value == nil ? nil : $0.key }
    }

    /// The value, unless a field has none of these names: a misspelt one is never passed over.
    func only(_ known: Set<String>) throws(RepriseError) -> Value {
        guard let name = names.filter({ !known.contains($0) }).min() else { return value }
        throw RepriseError(
            .invalidRequest, "There is no field \"\(name.prefix(64))\" here. Check its spelling.")
    }
}

/// Any value, looked at by nobody.
struct Anything: Decodable {
    init(from decoder: any Decoder) throws {}
}

/// A number of milliseconds, 0 or more.
struct Delay: Decodable {
    let milliseconds: Milliseconds

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let number = try? container.decode(Milliseconds.self), number >= 0 else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "Send a whole number of milliseconds, 0 or more.")
        }
        milliseconds = number
    }
}

/// One of a few words.
struct Choice<Value: RawRepresentable & CaseIterable>: Decodable where Value.RawValue == String {
    let value: Value

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Value(rawValue: try container.decode(String.self)) else {
            let names = Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "Send one of \(names).")
        }
        self.value = value
    }
}
