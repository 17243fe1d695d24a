import HTTPTypes
import Model
import Reprise
import Sessions
import Testing

@testable import RepriseServer

@Suite struct DeadLetterTests {
    /// Opens sessions and parks them; gives their ids in order.
    private func park(
        _ count: Int, _ api: API, kind: String = "order"
    ) async throws -> [String] {
        var ids: [String] = []
        for _ in 0..<count {
            let path = try await api.open(kind)
            #expect(try await api.post("\(path)/close", #"{"afterMs": 0}"#).status == .ok)
            let parked = try await api.post("\(path)/park", #"{"reason": "no such shop"}"#)
            #expect(parked.status == .accepted)
            ids.append(parked.id)
        }
        return ids.sorted()
    }

    @Test func theyAreListedByKindAndReasonPageByPage() async throws {
        try await API.withServer { (api) async throws in
            let ids = try await park(3, api)
            _ = try await park(1, api, kind: "user.create")
            _ = try await api.open()
            func found(_ query: String) async throws -> [String] {
                let json = try await api.get("/v1/dead-letters?\(query)").json
                return json?["deadLetters"]?.array?.compactMap { $0["id"]?.string } ?? []
            }
            #expect(try await found("").count == 4)
            #expect(try await found("kind=order") == ids)
            #expect(try await found("reason=handlerRefused&limit=2&kind=order") == Array(ids[..<2]))
            #expect(try await found("kind=order&after=\(ids[1])") == [ids[2]])
            #expect(try await found("reason=undecodable").isEmpty)
            #expect(try await api.get("/v1/dead-letters?phase=parked").status == .badRequest)
        }
    }

    @Test func oneIsShownWithItsRecordsAndItsExplanation() async throws {
        try await API.withServer { (api) async throws in
            let id = try await park(1, api)[0]
            let json = try await api.get("/v1/dead-letters/\(id)").json
            #expect(json?["parked"]?["detail"]?.string == "no such shop")
            #expect(json?["texts"]?.array?.first?.string == "a")
            #expect(json?["explanation"]?["why"]?.string?.contains("no such shop") == true)
            let open = try await api.open().split(separator: "/").last ?? ""
            #expect(try await api.get("/v1/dead-letters/\(open)").status == .notFound)
        }
    }

    @Test func oneIsRequeuedAsItIsOrEdited() async throws {
        try await API.withServer { (api) async throws in
            let ids = try await park(2, api)
            let path = "/v1/dead-letters/\(ids[0])/requeue"
            #expect(try await api.post(path, #"{"afterMs": 500}"#).status == .accepted)
            #expect(try await api.post(path).status == .notFound, "it is none any more")
            let edited = try await api.post(
                "/v1/dead-letters/\(ids[1])/requeue", #"{"records": ["bmV3", "/w=="]}"#)
            #expect(edited.status == .accepted)
            let now = api.store.look { $0.now }
            let first = api.store.session(api.session(ids[0]))
            #expect(first?.phase == .waiting(due: now + 500))
            #expect(first?.records == [Array("a".utf8)])
            let second = api.store.session(api.session(ids[1]))
            #expect(second?.phase == .waiting(due: now))
            #expect(second?.records == [Array("new".utf8), [0xFF]])
            #expect(try await api.post(path, #"{"record": "bmV3"}"#).status == .badRequest)
        }
    }

    @Test func oneIsCancelled() async throws {
        try await API.withServer { (api) async throws in
            let id = try await park(1, api)[0]
            #expect(try await api.post("/v1/dead-letters/\(id)/cancel").status == .accepted)
            #expect(api.store.count == 0)
            #expect(try await api.post("/v1/dead-letters/\(id)/cancel").status == .notFound)
        }
    }

    @Test func manyAreRequeuedInABatchThatTellsHowFarItIs() async throws {
        try await API.withServer { (api) async throws in
            _ = try await park(5, api)
            _ = try await park(1, api, kind: "user.create")
            let reply = try await api.post(
                "/v1/dead-letters/requeue",
                #"{"kind": "order", "perSecond": 1000, "spreadMs": 60000, "limit": 4}"#)
            #expect(reply.status == .accepted)
            var json = reply.json
            while json?["state"]?.string == "running" {
                await Task.yield()
                json = try await api.get("/v1/batches/\(reply.id)").json
            }
            #expect(json?["state"]?.string == "done")
            #expect(json?["total"]?.integer == 4 && json?["requeued"]?.integer == 4)
            let waiting = api.store.look { $0.table.alive.waiting }
            #expect(waiting == 4)
            #expect(try await api.get("/v1/batches").json?["batches"]?.array?.count == 1)
            #expect(try await api.get("/v1/batches/nothing").status == .notFound)
            // What is over stays as it is.
            let cancelled = try await api.post("/v1/batches/\(reply.id)/cancel")
            #expect(cancelled.json?["state"]?.string == "done")
        }
    }

    @Test(arguments: [
        #"{"perSecond": 0}"#, #"{"perSecond": 1001}"#, #"{"limit": 0}"#, #"{"limit": 10001}"#,
        #"{"spreadMs": 86400001}"#, #"{"ids": ["x"]}"#, #"{"reason": "rain"}"#, #"{"rate": 1}"#,
    ])
    func aBatchHasLimits(body: String) async throws {
        try await API.withServer { (api) async throws in
            #expect(try await api.post("/v1/dead-letters/requeue", body).status == .badRequest)
        }
    }
}
