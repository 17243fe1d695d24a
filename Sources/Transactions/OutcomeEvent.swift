public import Model

/// A message of the transactions topic: how a transaction ended, and what a reader needs to know it
/// by. Comes at least once; a repetition has the same `id`.
public struct OutcomeEvent: Sendable, Hashable {
    /// The header `ce_id`: the same on a repetition, and on nothing else.
    public var id: String
    /// The header `ce_source`: the coordinator, `/reprise/<node>`.
    public var source: String
    public var outcome: TransactionOutcome

    public init(id: String, source: String, outcome: TransactionOutcome) {
        self.id = id
        self.source = source
        self.outcome = outcome
    }

    /// Reads a message in either form; its `content-type` says which. Headers and fields that are
    /// not known are passed over.
    ///
    /// - Parameter headers: of the Kafka message.
    /// - Throws: `undecodable`; never traps.
    public init(headers: [Header], value: [UInt8]) throws(RepriseError) {
        // The attributes stand before what the transaction's writer added.
        func header(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }
        id = header("ce_id")
        source = header("ce_source")
        guard !id.isEmpty, header("ce_specversion") == "1.0" else {
            throw RepriseError(
                .undecodable,
                "The message is not a CloudEvent in binary mode. Only Reprise may write into the "
                    + "transactions topic (schemas/asyncapi.yaml).")
        }
        switch header("content-type") {
        case "application/json": outcome = try TransactionOutcome(decodingJSON: value)
        case "application/protobuf": outcome = try TransactionOutcome(decoding: value)
        case let type:
            throw RepriseError(
                .undecodable,
                "The outcome event \(id) has the content type '\(type.prefix(64))', which this "
                    + "version does not know.")
        }
    }
}
