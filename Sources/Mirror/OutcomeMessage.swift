internal import Model
internal import Transactions

/// The message that tells how a transaction ended: a CloudEvent in the binary mode of the Kafka
/// protocol binding (CloudEvents 1.0), whose attributes are headers.
enum OutcomeMessage {
    /// On messages of an outbox: the same on a repetition, and on nothing else.
    static let dedupHeader = "reprise-dedup-id"

    static func announcement(
        _ outcome: TransactionOutcome, _ number: UInt64, _ format: Mirror.OutcomeFormat
    ) -> Announcement {
        let ending = outcome.result == .committed ? "committed" : "rolled-back"
        var headers = [
            Header("ce_specversion", "1.0"),
            Header("ce_id", identity(outcome.journal, number)),
            Header("ce_source", "/reprise/\(outcome.node)"),
            Header("ce_type", "io.reprise.transaction.\(ending).v1"),
            Header("ce_time", outcome.time.rfc3339),
            Header("ce_subject", "\(outcome.transaction)"),
            Header("content-type", format.contentType),
        ]
        headers += outcome.headers
        return Announcement(
            topic: nil, key: Array("\(outcome.transaction)".utf8),
            value: format.value(outcome), headers: headers)
    }

    /// The journal and the place in it.
    static func identity(_ journal: UInt64, _ number: UInt64) -> String {
        "\(String(journal, radix: 16))-\(String(number, radix: 16))"
    }
}

extension Mirror {
    /// How outcome events are written.
    package enum OutcomeFormat: String, Sendable, Hashable, CaseIterable {
        case protobuf
        case json

        var contentType: String {
            switch self {
            case .protobuf: "application/protobuf"
            case .json: "application/json"
            }
        }
    }
}
