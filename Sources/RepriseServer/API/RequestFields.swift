internal import Foundation
internal import Model

/// What a request brings as JSON: the fields that operations have, of which each takes its own.
struct RequestFields: Decodable {
    var operation: String?
    var id: String?
    var kind: String?
    var record: Data?
    var recordText: String?
    var recordJSON: Anything?
    var headers: [Given<HeaderFields>]?
    var leaseMs: Delay?
    var byMs: Delay?
    var afterMs: Delay?
    var acknowledgement: Choice<Acknowledgement>?
    var token: String?
    var relaxed: Bool?
    var reason: String?

    /// One of `record` (base64), `recordText` and `recordJSON`; nil when there is none. `text` is what
    /// the fields were read from.
    func record(in text: ArraySlice<UInt8>) throws(RepriseError) -> [UInt8]? {
        let given = [record.map { Array($0) }, recordText.map { Array($0.utf8) }].compactMap { $0 }
        guard given.count + (recordJSON == nil ? 0 : 1) <= 1 else {
            throw RepriseError(
                .invalidRequest, "Send one of record, recordText and recordJSON, not several.")
        }
        guard recordJSON != nil else { return given.first }
        guard let json = JSONParts.value(of: "recordJSON", in: text) else {
            throw RepriseError(
                .invalidRequest, "Write the name recordJSON without escapes, in UTF-8.")
        }
        if let flaw = WireJSON.flaw(of: json) {
            throw RepriseError(.invalidRequest, "recordJSON: Not JSON: \(flaw)")
        }
        return Array(json)
    }
}

/// A header of a session.
struct HeaderFields: Codable {
    var name: String
    var value: String
}

extension HeaderFields {
    init(_ header: Header) { self.init(name: header.name, value: header.value) }
}

extension Route {
    /// The fields that its request may have.
    var fields: Set<String> {
        let record: Set = ["record", "recordText", "recordJSON", "acknowledgement"]
        return switch self {
        case .open: record.union(["id", "kind", "headers", "leaseMs"])
        case .append, .replace: record.union(["token"])
        case .extend: ["byMs", "token"]
        case .complete: ["relaxed", "token"]
        case .close, .requeue: ["afterMs"]
        case .park: ["reason"]
        case .get, .list, .cancel, .batch, .live, .ready, .metrics: []
        case .status, .history, .kinds, .pauseKind, .resumeKind, .partitions, .reload, .deadLetters,
            .deadLetter, .requeueDeadLetter, .cancelDeadLetter,
            .requeueDeadLetters, .requeueBatches, .requeueBatch, .cancelBatch, .listTransactions,
            .showTransaction, .resolveTransaction, .forgetTransaction,
            .preparePart, .commitPartInOnePhase, .commitPart, .rollBackPart, .endPart, .listParts,
            .askDecision:
            []
        }
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
