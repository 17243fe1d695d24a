internal import Foundation
internal import Model

/// JSON as the API and its handlers speak it.
enum WireJSON {
    /// Throws `invalidRequest`, naming the field that is wrong or the place where the text breaks.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from text: some Sequence<UInt8>
    ) throws(RepriseError) -> Value {
        let data = Data(text)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw RepriseError(.invalidRequest, sentence(error, reading: data))
        }
    }

    static func encode(_ value: some Encodable) throws(RepriseError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw RepriseError(
                .internalDefect, "The answer cannot be written as JSON.", cause: "\(error)")
        }
    }

    /// What a decoder's error says, for the one who wrote `text`.
    static func sentence(_ error: any Error, reading text: Data) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, let context):
            return "\(path(context.codingPath + [key])) is missing."
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            return "Not JSON: \(flaw(of: text) ?? context.debugDescription)"
        case .dataCorrupted(let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            let place = path(context.codingPath)
            return (place.isEmpty ? "" : "\(place): ") + context.debugDescription
        default: return "\(error)"
        }
    }

    /// Why `text` is no JSON, and at which byte; nil when it is. `JSONDecoder` keeps the place to
    /// itself, and looks into a string or a number only when it is asked for.
    static func flaw(of text: some Sequence<UInt8>) -> String? {
        do {
            _ = try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
            return nil
        } catch {
            let reason = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
            return reason ?? error.localizedDescription
        }
    }

    /// As in `headers[0].name`.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }
}
