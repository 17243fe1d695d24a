import Foundation

/// A JSON value that came back.
struct JSON {
    private let value: Any

    /// Nil when `text` is no JSON.
    init?(_ text: String) {
        let data = Data(text.utf8)
        guard let value = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
        else { return nil }
        self.value = value
    }

    private init(value: Any) { self.value = value }

    subscript(name: String) -> JSON? { (value as? [String: Any])?[name].map { JSON(value: $0) } }
    var array: [JSON]? { (value as? [Any])?.map { JSON(value: $0) } }
    var string: String? { value as? String }
    var integer: Int64? { value as? Int64 }
    var double: Double? { value as? Double }
    var boolean: Bool? { value as? Bool }
}
