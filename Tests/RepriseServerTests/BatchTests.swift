import HTTPTypes
import Model
import Sessions
import Testing

@testable import RepriseServer

@Suite struct BatchTests {
    private let first = "0198c0de-0000-7000-8000-000000000001"
    private let second = "0198c0de-0000-7000-8000-000000000002"

    @Test func eachOperationHasItsOwnResultInItsPlace() async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.post(
                "/v1/batch",
                #"""
                {"operations": [
                  {"operation": "open", "kind": "order", "id": "\#(first)", "recordText": "a"},
                  {"operation": "open", "kind": "nobody", "id": "\#(second)"},
                  {"operation": "append", "id": "\#(first)", "recordText": "b"},
                  {"operation": "jump"},
                  {"operation": "append", "id": "\#(second)", "recordText": "b"},
                  {"operation": "open", "kind": "order", "colour": "red"},
                  {"operation": "complete", "id": "\#(first)"},
                  7
                ]}
                """#)
            #expect(reply.status == .ok)
            let results = reply.json?["results"]?.array ?? []
            #expect(
                results.map { $0["status"]?.integer } == [201, 422, 200, 400, 404, 400, 200, 400])
            let codes = results.map { $0["body"]?["error"]?["code"]?.string }
            #expect(
                codes == [
                    nil, "unknownKind", nil, "invalidRequest", "notFound", "invalidRequest", nil,
                    "invalidRequest",
                ])
            #expect(api.store.count == 0)
        }
    }

    @Test func operationsOfOneSessionKeepTheirOrder() async throws {
        try await API.withServer { (api) async throws in
            let ids = (0..<50).map {
                "0198c0de-0000-7000-8000-0000000000" + ($0 < 10 ? "0\($0)" : "\($0)")
            }
            var operations: [String] = []
            for id in ids {
                operations.append(#"{"operation":"open","kind":"order","id":"\#(id)"}"#)
            }
            for letter in ["a", "b", "c"] {
                for id in ids {
                    operations.append(
                        #"{"operation":"append","id":"\#(id)","recordText":"\#(letter)"}"#)
                }
            }
            // The first appends are the slowest.
            api.store.hesitate(150)
            let reply = try await api.post(
                "/v1/batch", #"{"operations":[\#(operations.joined(separator: ","))]}"#)
            let results = reply.json?["results"]?.array ?? []
            #expect(results.count == 200)
            #expect(results.allSatisfy { ($0["status"]?.integer ?? 0) < 300 })
            for id in ids {
                let records = SessionID(text: id).flatMap { api.store.session($0) }?.records
                #expect(records == [[0x61], [0x62], [0x63]])
            }
        }
    }

    @Test func aBatchHasALimit() async throws {
        try await API.withServer { (api) async throws in
            let many = Array(repeating: #"{"operation":"open","kind":"order"}"#, count: 1_001)
            let reply = try await api.post(
                "/v1/batch", #"{"operations":[\#(many.joined(separator: ","))]}"#)
            #expect(reply.status == .contentTooLarge)
            #expect(reply.code == "tooLarge")
            #expect(api.store.count == 0)
        }
    }

    @Test(arguments: ["{}", #"{"operations":{}}"#, #"{"operations":[],"more":1}"#])
    func aBatchThatIsNoneIsRefused(body: String) async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.post("/v1/batch", body)
            #expect(reply.status == .badRequest)
            #expect(reply.code == "invalidRequest")
        }
    }

    @Test func anEmptyBatchIsAnsweredWithNothing() async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.post("/v1/batch", #"{"operations":[]}"#)
            #expect(reply.text == #"{"results":[]}"#)
        }
    }
}
