/// The kind of a session, such as `user.create`: what configuration binds to a handler and a policy.
public struct Kind: Sendable, Hashable {
    /// As it stands in the log, in headers and in metrics.
    public var name: String

    /// A name of 1 to `Limits.maxKindBytes` letters, digits, `.`, `_`, `-`.
    public init(_ name: String) throws(RepriseError) {
        guard Kind.isValid(name) else {
            throw RepriseError(
                .invalidRequest,
                "A kind is 1 to \(Limits.maxKindBytes) letters, digits, '.', '_' or '-'.")
        }
        self.name = name
    }

    /// For names already checked, such as those read back from the log.
    public init(unchecked name: String) {
        self.name = name
    }

    /// Whether `name` may be a kind's.
    public static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard !bytes.isEmpty, bytes.count <= Limits.maxKindBytes else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// What a message that nobody can read is filed under.
    public static let undecodable = Kind(unchecked: "reprise.undecodable")
}

extension Kind: CustomStringConvertible {
    public var description: String { name }
}

/// A name and a value that travel with a session from its writer to every handler run.
public struct Header: Sendable, Hashable {
    /// Unique names are not asked for; order is kept.
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
