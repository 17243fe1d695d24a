import HTTPTypes
import Model
import Sessions
import Testing

@testable import RepriseServer

@Suite struct SessionFilterTests {
    private let id = SessionID(text: "0198c0de-1234-7000-8000-00000000abcd")!

    @Test(arguments: ["0", "0198c0de", "0198C0DE-12", "0198c0de-1234-7000-8000-00000000abcd"])
    func anIdIsFoundByHowItBegins(prefix: String) throws {
        #expect(try #require(SessionIDPrefix(prefix)).matches(id))
    }

    @Test(arguments: ["1", "0198c0df", "0198c0de-1235", "0198c0de-1234-7000-8000-00000000abce"])
    func anotherBeginningFindsIt(notWith prefix: String) throws {
        #expect(try #require(SessionIDPrefix(prefix)).matches(id) == false)
    }

    @Test(arguments: ["", "-", "xyz", "0198c0de-1234-7000-8000-00000000abcd0", "١"])
    func whatBeginsNoIdIsRefused(text: String) {
        #expect(SessionIDPrefix(text) == nil)
    }

    @Test func sessionsAreSearchedByIdDueTimeAndAge() async throws {
        try await API.withServer { (api) async throws in
            for number in 1...3 {
                _ = try await api.post(
                    "/v1/sessions",
                    #"{"id": "0000000\#(number)-0000-7000-8000-000000000000", "kind": "order", "#
                        + #""leaseMs": \#(number * 1_000)}"#)
            }
            func found(_ query: String) async throws -> [String] {
                let reply = try await api.get("/v1/sessions?\(query)")
                #expect(reply.status == .ok, "\(reply.text)")
                return reply.json?["sessions"]?.array?.compactMap { $0["id"]?.string } ?? []
            }
            let now = api.store.look { $0.now.milliseconds }
            #expect(try await found("id=00000002").count == 1)
            #expect(try await found("id=0000000").count == 3)
            #expect(try await found("dueFromMs=\(now + 2_000)").count == 2)
            #expect(try await found("dueToMs=\(now + 2_000)").count == 2)
            #expect(try await found("dueFromMs=\(now + 1_500)&dueToMs=\(now + 2_500)").count == 1)
            #expect(try await found("olderThanMs=1").isEmpty)
            api.store.advance(1)
            #expect(try await found("olderThanMs=1").count == 3)
            for query in ["id=xyz", "dueFromMs=soon", "olderThanMs=", "limit=0", "colour=red"] {
                let reply = try await api.get("/v1/sessions?\(query)")
                #expect(reply.status == .badRequest, "\(query)")
            }
        }
    }
}
