internal import Foundation
public import Model

/// The JSON form of `reprise.v1.TransactionOutcome`, for those who have no protobuf at hand. Names
/// and values as schemas/transaction-outcome.schema.json says.
extension TransactionOutcome {
    private struct Document: Encodable {
        var transaction: String
        var outcome: String
        var time: String
        var node: String
        var journal: String
        var branches: [String]
        var actions: [Action]
        var headers: [Pair]
        var reason: String?

        struct Action: Encodable {
            var session: String
            var kind: String
            var record: Data?
            var headers: [Pair]
        }

        struct Pair: Encodable {
            var name: String
            var value: String

            init(_ header: Header) {
                name = header.name
                value = header.value
            }
        }
    }

    /// UTF-8, with the names in order.
    public var json: [UInt8] {
        let document = Document(
            transaction: "\(transaction)",
            outcome: result == .committed ? "committed" : "rolledBack",
            time: time.rfc3339, node: node, journal: String(journal, radix: 16),
            branches: branches,
            actions: actions.map { action in
                Document.Action(
                    session: "\(action.session)", kind: action.kind.name,
                    record: action.record.map { Data($0) },
                    headers: action.headers.map(Document.Pair.init))
            },
            headers: headers.map(Document.Pair.init), reason: reason.isEmpty ? nil : reason)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and bytes alone: there is nothing that could fail.
        return (try? encoder.encode(document)).map { Array($0) } ?? []
    }
}

extension Timestamp {
    /// As RFC 3339 writes it, in UTC, with milliseconds.
    public var rfc3339: String {
        // Whole seconds, because a fraction that is no power of two would be rounded down.
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let whole = rest < 0 ? seconds - 1 : seconds
        let fraction = String(rest < 0 ? rest + 1000 : rest)
        let date = Date(timeIntervalSince1970: Double(whole)).formatted(.iso8601)
        let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
        return date.dropLast() + ".\(padded)Z"
    }
}
