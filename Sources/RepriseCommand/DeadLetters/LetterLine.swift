internal import Foundation
internal import Reprise

/// A dead letter as a line of an exported file. `import` looks at the id and the records alone; the
/// rest is for whoever reads the file.
struct LetterLine: Codable {
    /// Text where it is UTF-8, which can be edited; else base64.
    struct Record: Codable {
        var text: String?
        var base64: String?
    }

    var id: String
    var kind: String?
    var reason: String?
    var detail: String?
    var parkedMs: Int64?
    var attempts: UInt32?
    var records: [Record]

    init(_ letter: ShownSession) {
        id = letter.id
        kind = letter.kind
        reason = letter.parked?.reason
        detail = letter.parked?.detail
        parkedMs = letter.parked?.timeMs
        attempts = letter.attempts
        records = (letter.records ?? []).map { base64 in
            let bytes = Data(base64Encoded: base64) ?? Data()
            let text = String(validating: bytes, as: UTF8.self)
            return Record(text: text, base64: text == nil ? base64 : nil)
        }
    }

    /// One that is to go back.
    struct Order {
        var id: SessionID
        var records: [Data]
    }

    /// Every line of a file. Throws `invalidRequest` with the first line that cannot be used, before
    /// anything is sent.
    static func orders(in text: String) throws(RepriseError) -> [Order] {
        var orders: [Order] = []
        var seen: Set<SessionID> = []
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            let order = try order(line, number: index + 1)
            guard seen.insert(order.id).inserted else {
                throw wrong(index + 1, "the id \(order.id) was there before")
            }
            orders.append(order)
        }
        return orders
    }

    private static func order(_ line: Substring, number: Int) throws(RepriseError) -> Order {
        guard let letter = try? JSONDecoder().decode(LetterLine.self, from: Data(line.utf8)) else {
            throw wrong(number, "it is no JSON object with id and records")
        }
        guard let id = SessionID(text: letter.id) else { throw wrong(number, "id is no UUID") }
        var records: [Data] = []
        for record in letter.records {
            switch (record.text, record.base64) {
            case (let text?, nil): records.append(Data(text.utf8))
            case (nil, let base64?):
                guard let bytes = Data(base64Encoded: base64) else {
                    throw wrong(number, "a record's base64 cannot be read")
                }
                records.append(bytes)
            default: throw wrong(number, "a record has one of text and base64")
            }
        }
        return Order(id: id, records: records)
    }

    private static func wrong(_ line: Int, _ what: String) -> RepriseError {
        RepriseError(
            .invalidRequest,
            "Line \(line): \(what). Each line is as 'reprise dead-letters export' writes it. Nothing "
                + "was requeued.")
    }
}
