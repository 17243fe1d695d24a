import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Model
import NIOCore
import Testing

@testable import RepriseServer

/// Bad input: each has a code, a message that says what to do, and changes nothing.
@Suite struct RefusalTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        var path = "/v1/sessions"
        var body: String
        var says: String
        var testDescription: String { body }
    }

    static let bodies: [Bad] = [
        Bad(body: "{", says: "end of file"),
        Bad(body: "{\"kind\":\n \"order\",,}", says: "character 18"),
        Bad(body: #"{"kind":"order"} {}"#, says: "Not JSON"),
        Bad(body: "[]", says: "an array"),
        Bad(body: "\u{1}", says: "Not JSON"),
        Bad(body: "{}", says: "kind"),
        Bad(body: #"{"kind":7}"#, says: "kind: Expected to decode String but found number"),
        Bad(body: #"{"kind":""}"#, says: "1 to 128"),
        Bad(body: #"{"kind":"a b"}"#, says: "1 to 128"),
        Bad(body: #"{"kind":"order","colour":"red"}"#, says: "colour"),
        Bad(body: #"{"kind":"order","id":"7"}"#, says: "UUID"),
        Bad(body: #"{"kind":"order","id":"00000000-0000-0000-0000-000000000000"}"#, says: "UUID"),
        Bad(
            body: #"{"kind":"order","record":"a"}"#,
            says: "record: Encountered Data is not valid Base64"),
        Bad(body: #"{"kind":"order","record":"","recordText":""}"#, says: "one of"),
        Bad(body: #"{"kind":"order","leaseMs":-1}"#, says: "leaseMs"),
        Bad(body: #"{"kind":"order","leaseMs":1.5}"#, says: "leaseMs"),
        Bad(body: #"{"kind":"order","leaseMs":99999999999999999999}"#, says: "leaseMs"),
        Bad(body: #"{"kind":"order","leaseMs":0}"#, says: "lease"),
        Bad(body: #"{"kind":"order","leaseMs":9223372036854775807}"#, says: "lease"),
        Bad(body: #"{"kind":"order","acknowledgement":"soon"}"#, says: "\"local\", \"mirrored\""),
        Bad(body: #"{"kind":"order","headers":{"a":"b"}}"#, says: "headers"),
        Bad(
            body: #"{"kind":"order","headers":[{"name":"a"}]}"#, says: "headers[0].value is missing"
        ),
        Bad(
            body: #"{"kind":"order","headers":[{"name":"a","value":7}]}"#,
            says: "headers[0].value: "),
        Bad(
            body: #"{"kind":"order","headers":[{"name":"a","value":"b","more":1}]}"#,
            says: "\"more\""),
        Bad(body: #"{"kind":"order","headers":[{"name":"","value":"a"}]}"#, says: "empty name"),
        Bad(body: #"{"kind":"order","recordText":"\ud800"}"#, says: "Not JSON"),
        Bad(body: #"{"kind":"order","recordJSON":{"a":01}}"#, says: "recordJSON: Not JSON"),
        Bad(body: #"{"kind":"order","recordJSON":"\x"}"#, says: "recordJSON: Not JSON"),
        Bad(body: #"{"kind":"order","record\u004aSON":1}"#, says: "escapes"),
        Bad(body: String(repeating: "[", count: 100_000), says: "nested"),
    ]

    @Test(arguments: bodies)
    func isRefusedAndSaysWhy(bad: Bad) async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.post(bad.path, bad.body)
            #expect(reply.status == .badRequest)
            #expect(reply.code == "invalidRequest")
            #expect(reply.message.contains(bad.says), "\(reply.message)")
            #expect(reply.json?["error"]?["page"]?.string == "schemas/errors/invalidRequest.md")
            #expect(api.store.count == 0)
        }
    }

    @Test func aNullIsTheSameAsAbsent() async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.post(
                "/v1/sessions",
                #"{"kind":"order","recordText":"a","recordJSON":null,"leaseMs":null,"colour":null}"#
            )
            #expect(reply.status == .created)
            #expect(api.store.lastOpen?.record == [0x61])
        }
    }

    @Test func bytesThatAreNoUTF8AreRefused() async throws {
        try await API.withServer { (api) async throws in
            var body = ByteBuffer(string: #"{"kind":""#)
            body.writeBytes([0xFF, 0xFE])
            body.writeString(#""}"#)
            try await api.client.execute(
                uri: "/v1/sessions", method: .post, headers: [.contentType: "application/json"],
                body: body
            ) { response in
                #expect(response.status == .badRequest)
                #expect(String(buffer: response.body).contains("UTF-8"))
            }
        }
    }

    @Test func anUnknownKindIsRefused() async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.post("/v1/sessions", #"{"kind":"nobody"}"#)
            #expect(reply.status == .unprocessableContent)
            #expect(reply.code == "unknownKind")
        }
    }

    @Test func anOversizedRecordIsRefusedAndReplaceIsNot() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            let large = String(repeating: "x", count: 256 * 1024 + 1)
            let reply = try await api.post("\(path)/records", #"{"recordText":"\#(large)"}"#)
            #expect(reply.status == .contentTooLarge)
            #expect(reply.code == "tooLarge")
            let fits = String(repeating: "x", count: 256 * 1024)
            let replaced = try await api.send(
                .put, "\(path)/records", #"{"recordText":"\#(fits)"}"#)
            #expect(replaced.status == .ok)
        }
    }

    @Test(arguments: [true, false])
    func aBodyIsLimited(live: Bool) async throws {
        var configuration = ServerConfiguration()
        configuration.maxBodyBytes = 1_024
        configuration.maxBatchBytes = 4_096
        try await API.withServer(MemoryStore(), configuration, live: live) { (api) async throws in
            let text = String(repeating: "x", count: 2_000)
            let body = #"{"kind":"order","recordText":"\#(text)"}"#
            let reply = try await api.post("/v1/sessions", body)
            #expect(reply.status == .contentTooLarge)
            #expect(reply.code == "tooLarge")
            #expect(reply.message.contains("1024"))
            let batch = #"{"operations":[{"operation":"open",\#(body.dropFirst())]}"#
            #expect(try await api.post("/v1/batch", batch).status == .ok)
        }
    }

    /// Without a Content-Length the limit holds while the parts arrive.
    @Test func aBodyOfUnknownLengthIsLimitedWhileItIsRead() async throws {
        let part = ByteBuffer(repeating: 0x20, count: 100)
        let read = CallCounter()
        let parts = AsyncStream<ByteBuffer>(unfolding: {
            read.add()
            return part
        })
        let request = Request(
            head: HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/"),
            body: RequestBody(asyncSequence: parts))
        await #expect(throws: RepriseError.self) {
            _ = try await RequestReader.json(of: request, limit: 1_000)
        }
        #expect(read.count == 11)
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", nil] as [String?])
    func anotherContentTypeIsRefused(type: String?) async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.send(.post, "/v1/sessions", #"{"kind":"order"}"#, type: type)
            #expect(reply.status == .unsupportedMediaType)
            #expect(reply.code == "invalidRequest")
            let fine = try await api.send(
                .post, "/v1/sessions", #"{"kind":"order"}"#,
                type: "Application/JSON; charset=utf-8")
            #expect(fine.status == .created)
        }
    }

    @Test func aWrongMethodIsToldTheRightOnes() async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.send(.delete, "/v1/sessions")
            #expect(reply.status == .methodNotAllowed)
            #expect(reply.code == "invalidRequest")
            #expect(reply.headers[.allow] == "POST, GET")
            let other = try await api.send(.patch, "/v1/sessions/x/records")
            #expect(other.headers[.allow] == "POST, PUT")
        }
    }

    @Test func anUnknownPathIsNotFound() async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.get("/v2/sessions")
            #expect(reply.status == .notFound)
            #expect(reply.code == "notFound")
        }
    }

    @Test(arguments: ["x", "0198c0de-0000-7000-8000-00000000000g", "%00", "..%2f..%2fetc"])
    func anIdInThePathIsChecked(id: String) async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.get("/v1/sessions/\(id)")
            #expect(reply.status == .badRequest)
            #expect(reply.code == "invalidRequest")
        }
    }

    @Test(arguments: ["abc", "-1", "0", "99999999999999999999", ""])
    func aTokenIsChecked(token: String) async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            let field = try await api.post("\(path)/complete", #"{"token":"\#(token)"}"#)
            #expect(field.code == "invalidRequest")
            let name = try #require(HTTPField.Name("Reprise-Token"))
            let header = try await api.post("\(path)/complete", headers: [name: token])
            #expect(header.code == "invalidRequest")
            let both = try await api.post(
                "\(path)/complete", #"{"token":"5"}"#, headers: [name: "6"])
            #expect(both.code == "invalidRequest")
            #expect(api.store.count == 1)
        }
    }

    @Test(arguments: [
        "limit=0", "limit=1001", "limit=x", "phase=done", "kind=a%20b", "after=7", "colour=red",
    ])
    func aParameterOfTheListIsChecked(query: String) async throws {
        try await API.withServer { (api) async throws in
            let reply = try await api.get("/v1/sessions?\(query)")
            #expect(reply.status == .badRequest)
            #expect(reply.code == "invalidRequest")
        }
    }

    @Test(arguments: ErrorCode.allCases)
    func everyCodeOfTheStoreHasItsStatus(code: ErrorCode) async throws {
        try await API.withServer { (api) async throws in
            api.store.fail(RepriseError(code, "For a test.", cause: "hidden"))
            let reply = try await api.post("/v1/sessions", #"{"kind":"order"}"#)
            #expect(reply.status == code.status)
            #expect(reply.status.code >= 400)
            #expect(reply.code == code.rawValue)
            #expect(reply.message == "For a test.")
            #expect(!reply.text.contains("hidden"))
            #expect(
                (reply.headers[.retryAfter] != nil)
                    == [.serviceUnavailable, .tooManyRequests].contains(reply.status))
        }
    }
}
