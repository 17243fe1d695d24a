import HTTPTypes
import Model
import Sessions
import Testing

@testable import RepriseServer

@Suite struct OperationTests {
    private let id = "0198c0de-0000-7000-8000-000000000001"

    @Test func opensASessionAndShowsIt() async throws {
        try await API.withServer { (api) async throws in
            let opened = try await api.post(
                "/v1/sessions",
                #"{"kind":"user.create","record":"aGVsbG8=","leaseMs":5000,"#
                    + #""headers":[{"name":"tenant","value":"7"}]}"#)
            #expect(opened.status == .created)
            #expect(opened.json?["existed"]?.boolean == false)
            #expect(opened.json?["phase"]?.string == "open")
            #expect(opened.json?["dueMs"]?.integer == 1_700_000_005_000)

            let shown = try await api.get("/v1/sessions/\(opened.id)")
            #expect(shown.status == .ok)
            #expect(shown.json?["kind"]?.string == "user.create")
            #expect(shown.json?["records"]?.array?.first?.string == "aGVsbG8=")
            #expect(shown.json?["headers"]?.array?.first?["name"]?.string == "tenant")
            #expect(shown.json?["recordCount"]?.integer == 1)
        }
    }

    @Test func theSameIdIsTheSameSession() async throws {
        try await API.withServer { (api) async throws in
            let body = #"{"kind":"user.create","id":"\#(id)","recordText":"a"}"#
            #expect(try await api.post("/v1/sessions", body).status == .created)
            let again = try await api.post("/v1/sessions", body)
            #expect(again.status == .ok)
            #expect(again.json?["existed"]?.boolean == true)
            #expect(again.id == id)
            #expect(api.store.count == 1)
        }
    }

    @Test func theSameIdWithAnotherKindIsRefused() async throws {
        try await API.withServer { (api) async throws in
            _ = try await api.post("/v1/sessions", #"{"kind":"user.create","id":"\#(id)"}"#)
            let other = try await api.post("/v1/sessions", #"{"kind":"order","id":"\#(id)"}"#)
            #expect(other.status == .conflict)
            #expect(other.code == "kindMismatch")
        }
    }

    @Test func recordsAreKeptByteByByteHoweverTheyAreSent() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            _ = try await api.post("\(path)/records", #"{"recordText":"ä\n"}"#)
            _ = try await api.post("\(path)/records", #"{"recordJSON": {"n" : 1.50,"n2":[ ]} }"#)
            _ = try await api.post("\(path)/records", #"{"record":"AP+A"}"#)
            let id = api.session(path)
            _ = try await api.post(
                "/v1/batch",
                #"{"operations":[{"operation":"append","id":"\#(id)","recordJSON" : "\u0061,]" }]}"#
            )
            let records = api.store.session(id)?.records ?? []
            #expect(
                records == [
                    Array("a".utf8), Array("ä\n".utf8), Array(#"{"n" : 1.50,"n2":[ ]}"#.utf8),
                    [0, 255, 128], Array(#""\u0061,]""#.utf8),
                ])
        }
    }

    @Test func replaceLeavesOneRecord() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            _ = try await api.post("\(path)/records", #"{"recordText":"b"}"#)
            let reply = try await api.send(
                .put, "\(path)/records", #"{"recordText":"c","acknowledgement":"mirrored"}"#)
            #expect(reply.status == .ok)
            #expect(api.store.session(api.session(path))?.records == [Array("c".utf8)])
            #expect(api.store.lastAcknowledgement == .mirrored)
        }
    }

    @Test func extendMovesTheLease() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            let reply = try await api.post("\(path)/extend", #"{"byMs":60000}"#)
            #expect(reply.json?["dueMs"]?.integer == 1_700_000_060_000)
            #expect(try await api.post("\(path)/extend").status == .ok)
        }
    }

    @Test func completeEndsIt() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            #expect(try await api.post("\(path)/complete").status == .ok)
            let gone = try await api.get(path)
            #expect(gone.status == .notFound)
            #expect(gone.code == "notFound")
            let relaxed = try await api.open()
            _ = try await api.post("\(relaxed)/complete", #"{"relaxed":true}"#)
            #expect(api.store.order.last?.hasPrefix("relaxed ") == true)
        }
    }

    @Test func closeMakesItDue() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            let reply = try await api.post("\(path)/close", #"{"afterMs":250}"#)
            #expect(reply.json?["dueMs"]?.integer == 1_700_000_000_250)
            let late = try await api.post("\(path)/records", #"{"recordText":"b"}"#)
            #expect(late.status == .conflict)
            #expect(late.code == "leaseExpired")
        }
    }

    @Test func anExpiredLeaseIsRefused() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            api.store.advance(30_000)
            let late = try await api.post("\(path)/complete")
            #expect(late.status == .conflict)
            #expect(late.code == "leaseExpired")
        }
    }

    @Test(arguments: [true, false])
    func aRunWritesWithItsToken(inHeader: Bool) async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            let token = api.store.claim(api.session(path)).description
            let name = try #require(HTTPField.Name("Reprise-Token"))
            let headers: HTTPFields = inHeader ? [name: token] : [:]
            let field = inHeader ? "" : #","token":"\#(token)""#
            let append = try await api.post(
                "\(path)/records", #"{"recordText":"b"\#(field)}"#, headers: headers)
            #expect(append.status == .ok)
            let shown = try await api.get(path)
            #expect(shown.json?["run"]?["token"]?.string == token)
            #expect(shown.json?["run"]?["attempt"]?.integer == 1)

            let owner = try await api.post("\(path)/complete")
            #expect(owner.code == "fenced")
            let stale = try await api.post("\(path)/complete", #"{"token":"1"}"#)
            #expect(stale.status == .conflict)
            #expect(stale.code == "fenced")
            let body = inHeader ? nil : #"{"token":"\#(token)"}"#
            #expect(try await api.post("\(path)/complete", body, headers: headers).status == .ok)
        }
    }

    @Test func operatorsParkRequeueAndCancel() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            let id = api.session(path)
            _ = try await api.post("\(path)/close", #"{"afterMs":0}"#)
            #expect(try await api.post("\(path)/park", #"{"reason":"odd"}"#).status == .accepted)
            let parked = try await api.get(path)
            #expect(parked.json?["phase"]?.string == "parked")
            #expect(parked.json?["parked"]?["detail"]?.string == "odd")
            #expect(try await api.post("\(path)/requeue", #"{"afterMs":9}"#).status == .accepted)
            #expect(api.store.session(id)?.due == Timestamp(milliseconds: 1_700_000_000_009))
            #expect(try await api.post("\(path)/cancel").status == .accepted)
            #expect(api.store.session(id) == nil)
        }
    }

    @Test func listsByKindAndPhaseInPages() async throws {
        try await API.withServer { (api) async throws in
            for number in 1...5 {
                _ = try await api.post(
                    "/v1/sessions",
                    #"{"kind":"order","id":"0198c0de-0000-7000-8000-00000000000\#(number)"}"#)
            }
            _ = try await api.open("user.create")
            var seen: [String] = []
            var next = ""
            repeat {
                let page = try await api.get(
                    "/v1/sessions?kind=order&phase=open&limit=2"
                        + (next.isEmpty ? "" : "&after=\(next)"))
                #expect(page.status == .ok)
                seen += (page.json?["sessions"]?.array ?? []).compactMap { $0["id"]?.string }
                next = page.json?["next"]?.string ?? ""
            } while !next.isEmpty
            #expect(seen.map { $0.last } == ["1", "2", "3", "4", "5"])
            let none = try await api.get("/v1/sessions?phase=parked")
            #expect(none.json?["sessions"]?.array?.isEmpty == true)
        }
    }

    @Test func traceContextOfTheRequestGoesIntoTheSession() async throws {
        try await API.withServer { (api) async throws in
            let name = try #require(HTTPField.Name("traceparent"))
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            _ = try await api.post(
                "/v1/sessions", #"{"kind":"order"}"#, headers: [name: trace])
            #expect(api.store.lastOpen?.headers == [Header("traceparent", trace)])
            _ = try await api.post(
                "/v1/sessions",
                #"{"kind":"order","headers":[{"name":"traceparent","value":"own"}]}"#,
                headers: [name: trace])
            #expect(api.store.lastOpen?.headers == [Header("traceparent", "own")])
        }
    }
}
