import Foundation
import Model
import SchemaProto
import SwiftProtobuf
import Testing
import Transactions

/// The two forms of an outcome, held to what is published.
@Suite struct OutcomeFormTests {
    private static let outcome = TransactionOutcome(
        transaction: TransactionID(uuid: SessionID(high: 0x0102_0304_0506_7788, low: 0x8899)),
        result: .rolledBack, time: Timestamp(milliseconds: 1_700_000_000_123), node: "node",
        journal: 0xABCD, branches: ["a", "b"],
        actions: [
            DurableAction(
                session: SessionID(high: 1, low: 2), partition: 3,
                kind: Kind(unchecked: "mail"), record: [1, 2, 3],
                headers: [Header("h", "v")], trigger: .rollback)
        ], headers: [Header("traceparent", "00-1-2-01")], reason: "no")

    @Test func `protobuf equals the generated code, and is read back`() throws {
        let bytes = Self.outcome.encoded
        let message = try ProtoTransactionOutcome(serializedBytes: bytes)
        #expect(message.outcome == .rolledBack)
        #expect(message.time == 1_700_000_000_123)
        #expect(message.node == "node" && message.journal == 0xABCD)
        #expect(message.branches == ["a", "b"])
        #expect(message.actions.map(\.kind) == ["mail"])
        #expect(message.headers.map(\.name) == ["traceparent"])
        #expect(message.reason == "no")
        #expect(try Array(message.serializedData()) == bytes)
        #expect(try TransactionOutcome(decoding: bytes) == Self.outcome)
    }

    private func event(_ type: String, _ value: [UInt8]) throws(RepriseError) -> OutcomeEvent {
        try OutcomeEvent(
            headers: [
                Header("ce_specversion", "1.0"), Header("ce_id", "abcd-10001"),
                Header("ce_source", "/reprise/node"), Header("content-type", type),
                Header("ce_id", "another"),
            ], value: value)
    }

    @Test func `an event is read in both forms`() throws {
        let wanted = OutcomeEvent(
            id: "abcd-10001", source: "/reprise/node", outcome: Self.outcome)
        #expect(try event("application/protobuf", Self.outcome.encoded) == wanted)
        // JSON leaves the partition out.
        var json = wanted
        json.outcome.actions[0].partition = 0
        #expect(try event("application/json", Self.outcome.json) == json)
    }

    @Test func `what is no event is refused, not trapped on`() {
        #expect(throws: RepriseError.self) { try event("text/plain", Self.outcome.encoded) }
        #expect(throws: RepriseError.self) { try OutcomeEvent(headers: [], value: []) }
        let json = Self.outcome.json
        for length in 0..<json.count {
            #expect(throws: RepriseError.self) {
                try event("application/json", Array(json.prefix(length)))
            }
        }
        let text = String(decoding: json, as: UTF8.self)
        for (old, new) in [
            ("rolledBack", "perhaps"), ("2023-11-14T22:13:20.123Z", "yesterday"),
            ("abcd", "xyz"), ("\"mail\"", "\"m l\""),
        ] {
            let changed = Array(text.replacingOccurrences(of: old, with: new).utf8)
            #expect(throws: RepriseError.self, "\(new)") {
                try event("application/json", changed)
            }
        }
    }

    @Test(arguments: [
        ("2023-11-14T22:13:20.123Z", 1_700_000_000_123), ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999Z", -1), ("2023-11-14T23:13:20+01:00", 1_700_000_000_000),
    ])
    func `times are read as they are written`(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test func `garbage is refused, not trapped on`() {
        let bytes = Self.outcome.encoded
        for length in 0..<bytes.count {
            let cut = try? TransactionOutcome(decoding: Array(bytes.prefix(length)))
            #expect(cut != Self.outcome)
        }
        #expect(throws: RepriseError.self) { try TransactionOutcome(decoding: [0xFF, 0xFF]) }
    }

    @Test func `JSON has what the schema asks for, and nothing else`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "schemas/transaction-outcome.schema.json")
        let schema = try object(Data(contentsOf: file))
        let document = try object(Data(Self.outcome.json))
        try check(document, schema)
        let properties = try #require(schema["properties"] as? [String: Any])
        let actions = try #require(properties["actions"] as? [String: Any])
        let action = try #require((document["actions"] as? [[String: Any]])?.first)
        try check(action, try #require(actions["items"] as? [String: Any]))
        #expect(document["time"] as? String == "2023-11-14T22:13:20.123Z")
        #expect(document["outcome"] as? String == "rolledBack")
        #expect(action["record"] as? String == "AQID")
    }

    private func object(_ data: Data) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func check(_ document: [String: Any], _ schema: [String: Any]) throws {
        let properties = try #require(schema["properties"] as? [String: Any])
        let required = try #require(schema["required"] as? [String])
        #expect(Set(required).isSubset(of: document.keys))
        #expect(Set(document.keys).isSubset(of: properties.keys))
    }
}
