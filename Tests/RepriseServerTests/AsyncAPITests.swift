import Foundation
import Model
import Reprise
import Testing
import Yams

/// The AsyncAPI document names what the code writes. That messages are as it says is checked with real
/// ones in ExampleTests, and that it is valid by schemas/tests.
@Suite struct AsyncAPITests {
    private func document() throws -> Yams.Node {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "schemas/asyncapi.yaml"), encoding: .utf8)
        return try #require(try Yams.compose(yaml: text))
    }

    private func message(_ name: String) throws -> Yams.Node {
        try #require(document()["components"]?["messages"]?[name])
    }

    private func names(_ node: Yams.Node?) -> Set<String> {
        Set(node?.mapping?.keys.compactMap(\.string) ?? [])
    }

    @Test func theTopicsAreThoseOfTheCode() throws {
        let channels = try #require(document()["channels"]?.mapping)
        let addresses = channels.values.compactMap { $0["address"]?.string }
        var topics = TopicSettings()
        topics.prefix = "{prefix}"
        let all = [topics.sessions, topics.deadLetters, topics.transactions]
        #expect(addresses.sorted() == all.sorted())
        let parameter = try document()["components"]?["parameters"]?["prefix"]?["default"]
        #expect(parameter?.string == TopicSettings().prefix)
    }

    @Test func theTypesOfEventsAreThoseOfTheCode() throws {
        let types = try message("event")["headers"]?["properties"]?["\(WireHeader.type)"]?["enum"]?
            .array().compactMap(\.string)
        let sent = EventType.allCases.filter { $0 != .handedOver }.map(\.wireName)
        #expect(types == sent + ["unknown"])
        let batch = try message("eventBatch")["headers"]?["properties"]?["\(WireHeader.type)"]
        #expect(batch?["const"]?.string == WireHeader.batch)
    }

    @Test func theHeadersAreThoseOfTheCode() throws {
        let event = names(try message("event")["headers"]?["properties"])
        let trace: Set = ["traceparent", "tracestate", "baggage"]
        let own = ["\(WireHeader.type)", "\(WireHeader.origin)", "\(WireHeader.kind)"]
        #expect(event == trace.union(own))
        let letter = names(try message("deadLetter")["headers"]?["properties"])
        #expect(
            letter == ["\(WireHeader.kind)", "\(WireHeader.partition)", "\(WireHeader.reason)"])
    }

    @Test func theOutcomesAreInTheFormsThatCanBeSet() throws {
        for form in TopicSettings.OutcomeFormat.allCases {
            let name = form == .json ? "outcomeJSON" : "outcomeProtobuf"
            #expect(try message(name)["contentType"]?.string == "application/\(form.rawValue)")
        }
        let messages = try document()["channels"]?["transactions"]?["messages"]
        #expect(names(messages).count == TopicSettings.OutcomeFormat.allCases.count)
    }
}
