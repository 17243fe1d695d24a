import HTTPTypes
import Model
import Reprise
import Sessions
import Testing

@testable import RepriseServer

@Suite struct OperatorRouteTests {
    @Test func theStatusTellsWhatTheProcessIsAt() async throws {
        try await API.withServer { (api) async throws in
            _ = try await api.open()
            let path = try await api.open()
            _ = try await api.post("\(path)/complete")
            let json = try #require(try await api.get("/v1/status").json)
            #expect(json["role"]?.string == "standalone")
            #expect(json["node"]?.string == "memory")
            #expect(json["version"]?.string == RepriseVersion.current)
            #expect(json["isReady"]?.boolean == true)
            #expect(json["sessions"]?["open"]?.integer == 1)
            #expect(json["totals"]?["completed"]?.integer == 1)
            #expect(json["conservationDifference"]?.integer == 0)
            #expect(json["ignored"]?["staleToken"]?.integer == 0)
            #expect(json["dueLagMs"]?.integer == 0)
            #expect(json["journal"]?["maxBytes"]?.integer == 1 << 20)
            #expect(json["mirror"] == nil)
            #expect(json["transactions"]?["inDoubt"]?.integer == 2)
        }
    }

    @Test func theHistoryHasTheSamplesThatWereTaken() async throws {
        let store = MemoryStore()
        let operators = Operators(store, logger: API.silent)
        try await API.withServer(store, operators: operators) { (api) async throws in
            operators.history.add(await store.status())
            _ = try await api.open()
            store.advance(2_000)
            operators.history.add(await store.status())
            let json = try #require(try await api.get("/v1/history").json)
            #expect(json["intervalMs"]?.integer == Sampler.interval)
            let samples = try #require(json["samples"]?.array)
            #expect(samples.count == 1)
            #expect(samples.first?["opened"]?.double == 0.5)
            #expect(samples.first?["open"]?.integer == 1)
        }
    }

    @Test func aKindIsPausedWithItsReasonAndResumed() async throws {
        try await API.withServer { (api) async throws in
            api.store.change { $0.gates = Gates([Kind(unchecked: "order"): KindPolicy()]) }
            let reply = try await api.post("/v1/kinds/order/pause", #"{"reason": "shop closed"}"#)
            #expect(reply.status == .ok)
            #expect(reply.json?["paused"]?.boolean == true)
            #expect(reply.json?["pause"]?["reason"]?.string == "shop closed")
            #expect(reply.json?["pause"]?["by"]?.string == "local")
            let kinds = try #require(try await api.get("/v1/kinds").json?["kinds"]?.array)
            #expect(kinds.map { $0["kind"]?.string } == ["order", "user.create"])
            #expect(kinds.map { $0["paused"]?.boolean } == [true, false])
            #expect(kinds.map { $0["hasHandler"]?.boolean } == [true, false])
            #expect(kinds.first?["breaker"]?["state"]?.string == "closed")
            #expect(kinds.first?["policy"]?["leaseMs"]?.integer == 30_000)
            let resumed = try await api.post("/v1/kinds/order/resume")
            #expect(resumed.json?["paused"]?.boolean == false)
            #expect(try await api.post("/v1/kinds/a%20b/pause").status == .badRequest)
            #expect(
                try await api.post("/v1/kinds/order/pause", #"{"why": 1}"#).status == .badRequest)
            #expect(try await api.get("/v1/kinds/order/pause").status == .methodNotAllowed)
        }
    }

    @Test func aSessionComesWithItsTextAndItsExplanation() async throws {
        try await API.withServer { (api) async throws in
            let path = try await api.open()
            let json = try #require(try await api.get(path).json)
            #expect(json["texts"]?.array?.map(\.string) == ["a"])
            #expect(json["explanation"]?["why"]?.string?.contains("lease runs until") == true)
            #expect(json["explanation"]?["next"]?.string?.isEmpty == false)
            _ = try await api.post("\(path)/records", #"{"record": "/w=="}"#)
            let texts = try await api.get(path).json?["texts"]?.array
            #expect(texts?.map(\.string) == ["a", nil], "bytes that are no text are none")
        }
    }

    @Test func aNodeHasNoPartitions() async throws {
        try await API.withServer { (api) async throws in
            let json = try await api.get("/v1/partitions").json
            #expect(json?["partitions"]?.array?.isEmpty == true)
        }
    }
}
