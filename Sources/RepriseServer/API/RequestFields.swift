internal import Model

/// The members of a request's JSON object, each read once and checked; what is left over at the end
/// is refused by name, so that a misspelt field is never passed over.
struct RequestFields {
    private let text: [UInt8]
    private var members: [String: JSON]

    /// An empty text stands for an object without members.
    init(parsing text: [UInt8]) throws(RepriseError) {
        self.text = text
        guard !text.isEmpty else {
            members = [:]
            return
        }
        let json: JSON
        do {
            json = try JSONParser.parse(text)
        } catch {
            throw RepriseError(.invalidRequest, "The body is not JSON: \(error).")
        }
        members = try RequestFields.members(of: json, what: "The body")
    }

    /// `text` is what `json` was read from.
    init(_ json: JSON, in text: [UInt8], what: String) throws(RepriseError) {
        self.text = text
        members = try RequestFields.members(of: json, what: what)
    }

    private static func members(
        of json: JSON, what: String
    ) throws(RepriseError) -> [String: JSON] {
        guard let list = json.members else {
            throw RepriseError(.invalidRequest, "\(what) is \(json.noun); send an object.")
        }
        // A null is as good as absent: generated clients send one for each field without a value.
        var members: [String: JSON] = [:]
        for member in list where !member.value.isNull { members[member.name] = member.value }
        return members
    }

    /// The fields of an object within this one.
    func nested(_ json: JSON, what: String) throws(RepriseError) -> RequestFields {
        try RequestFields(json, in: text, what: what)
    }

    mutating func take(_ name: String) -> JSON? {
        members.removeValue(forKey: name)
    }

    mutating func string(_ name: String) throws(RepriseError) -> String? {
        guard let json = take(name) else { return nil }
        guard let text = json.string else { throw wrong(name, json, "a string") }
        return text
    }

    mutating func boolean(_ name: String) throws(RepriseError) -> Bool? {
        guard let json = take(name) else { return nil }
        guard let flag = json.boolean else { throw wrong(name, json, "true or false") }
        return flag
    }

    /// A number of milliseconds, 0 or more.
    mutating func milliseconds(_ name: String) throws(RepriseError) -> Milliseconds? {
        guard let json = take(name) else { return nil }
        guard let number = json.integer, number >= 0 else {
            throw wrong(name, json, "a whole number of milliseconds, 0 or more")
        }
        return number
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(RepriseError) -> Choice? where Choice.RawValue == String {
        guard let json = take(name) else { return nil }
        guard let text = json.string, let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw wrong(name, json, "one of \(names)")
        }
        return choice
    }

    mutating func sessionID(_ name: String) throws(RepriseError) -> SessionID? {
        guard let text = try string(name) else { return nil }
        return try SessionID(checking: text)
    }

    mutating func token(_ name: String) throws(RepriseError) -> Position? {
        guard let text = try string(name) else { return nil }
        return try Position(checkingToken: text)
    }

    /// One of `record` (base64), `recordText` and `recordJSON`; nil when there is none.
    mutating func record() throws(RepriseError) -> [UInt8]? {
        let given = ["record", "recordText", "recordJSON"].filter { members[$0] != nil }
        guard given.count <= 1 else {
            throw RepriseError(
                .invalidRequest, "Send one of \(given.joined(separator: ", ")), not several.")
        }
        if let text = try string("record") {
            guard let bytes = Base64.decode(text) else {
                throw RepriseError(
                    .invalidRequest,
                    "record is not base64 (RFC 4648 section 4, padded). Send plain text as "
                        + "recordText and JSON as recordJSON.")
            }
            return bytes
        }
        if let text = try string("recordText") { return Array(text.utf8) }
        return take("recordJSON").map { Array(text[$0.range]) }
    }

    mutating func headers() throws(RepriseError) -> [Header] {
        guard let json = take("headers") else { return [] }
        guard let elements = json.array else {
            throw wrong("headers", json, "an array of {\"name\", \"value\"}")
        }
        var headers: [Header] = []
        for element in elements {
            var fields = try nested(element, what: "A header")
            guard let name = try fields.string("name"), let value = try fields.string("value")
            else {
                throw RepriseError(.invalidRequest, "A header needs a name and a value.")
            }
            try fields.finish()
            headers.append(Header(name, value))
        }
        return headers
    }

    /// Refuses what nobody asked for.
    func finish() throws(RepriseError) {
        guard let name = members.keys.min() else { return }
        throw RepriseError(
            .invalidRequest, "There is no field \"\(name.prefix(64))\" here. Check its spelling.")
    }

    private func wrong(_ name: String, _ json: JSON, _ wanted: String) -> RepriseError {
        RepriseError(.invalidRequest, "\(name) is \(json.noun) or out of range; send \(wanted).")
    }
}

extension SessionID {
    init(checking text: some StringProtocol) throws(RepriseError) {
        guard let id = SessionID(text: text), id != Event.noSession else {
            throw RepriseError(
                .invalidRequest,
                "A session id is a UUID of 36 characters, such as "
                    + "0198c0de-0000-7000-8000-000000000001.")
        }
        self = id
    }
}

extension Position {
    /// A run's token as a handler got it.
    init(checkingToken text: some StringProtocol) throws(RepriseError) {
        guard let value = UInt64(text), value > 0 else {
            throw RepriseError(
                .invalidRequest, "A token is the decimal number that came with the run, above 0.")
        }
        self.init(rawValue: value)
    }
}
