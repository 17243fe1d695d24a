internal import Foundation
public import Model

/// The JSON form of an outcome, read back.
extension TransactionOutcome {
    private struct Document: Decodable {
        var transaction: String
        var outcome: String
        var time: String
        var node: String
        var journal: String
        var branches: [String]
        var actions: [Action]
        var headers: [Pair]
        var reason: String?

        struct Action: Decodable {
            var session: String
            var kind: String
            var record: Data?
            var headers: [Pair]
        }

        struct Pair: Decodable {
            var name: String
            var value: String

            var header: Header { Header(name, value) }
        }
    }

    /// Reads a message in its JSON form. Unknown properties are passed over; what the form leaves out
    /// (partitions, leases) is zero.
    ///
    /// - Throws: `undecodable`; never traps.
    public init(decodingJSON bytes: [UInt8]) throws(RepriseError) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
            let read = TransactionOutcome(document)
        else {
            throw RepriseError(
                .undecodable,
                "The bytes are not an outcome as schemas/transaction-outcome.schema.json has it.")
        }
        self = read
    }

    private init?(_ document: Document) {
        let results: [String: Result] = ["committed": .committed, "rolledBack": .rolledBack]
        guard let id = SessionID(text: document.transaction),
            let result = results[document.outcome],
            let time = Timestamp(rfc3339: document.time),
            let journal = UInt64(document.journal, radix: 16)
        else { return nil }
        var actions: [DurableAction] = []
        for action in document.actions {
            guard let session = SessionID(text: action.session),
                let kind = try? Kind(action.kind)
            else { return nil }
            actions.append(
                DurableAction(
                    session: session, partition: 0, kind: kind,
                    record: action.record.map { Array($0) },
                    headers: action.headers.map(\.header),
                    trigger: result == .committed ? .commit : .rollback))
        }
        self.init(
            transaction: TransactionID(uuid: id), result: result, time: time,
            node: document.node, journal: journal, branches: document.branches, actions: actions,
            headers: document.headers.map(\.header), reason: document.reason ?? "")
    }
}

extension Timestamp {
    /// Reads what `rfc3339` writes, with or without a fraction of a second, in any zone.
    public init?(rfc3339 text: String) {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        guard let date = try? style.parse(text) else { return nil }
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1_000).rounded()))
    }
}
