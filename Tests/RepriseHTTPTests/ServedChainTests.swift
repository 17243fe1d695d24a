import AsyncHTTPClient
import Coordination
import Hummingbird
import Model
import Reprise
import NIOHTTP1
import RepriseTestKit
import Synchronization
import TestSupport
import Testing
import Transactions

@testable import RepriseHTTP
@testable import RepriseServer

/// Over real HTTP: a calls b, which calls c, and all of it is one transaction.
@Suite(.timeLimit(.minutes(5))) struct ServedChainTests {
    /// a, b and c, each a node with a store; b and c serve, a is where transactions begin.
    private struct Chain: Sendable {
        let a: Process
        let b: Process
        let c: Process
        /// What the requests to c carried.
        let carried: Probe<[TransactionContext]>
        /// The headers of c's parts.
        let traces: Probe<[[Header]]>
        /// How c asks b.
        let coordinators: HTTPCoordinators

        var values: [String?] { [a, b, c].map { $0.store["k"] } }
        var left: Int {
            [a, b, c].reduce(0) { $0 + $1.store.prepared.count + $1.node.transactions.list().count }
        }
    }

    private func withChain(
        _ body: @escaping @Sendable (Chain) async throws -> Void
    ) async throws {
        let client = HTTPParticipant.makeClient()
        let token = try AccessToken(Process.tokenText)
        let carried = Probe<[TransactionContext]>([])
        let traces = Probe<[[Header]]>([])
        @Sendable func coordinator(_ name: String, _ api: String) throws -> HTTPCoordinators {
            try HTTPCoordinators(
                [HTTPCoordinators.Coordinator(name: name, api: api, token: token)],
                timeout: 60_000, client: client)
        }
        @Sendable func participant(
            _ name: String, of caller: String, _ service: String, _ api: String
        ) throws -> [String: HTTPParticipant] {
            var configuration = HTTPParticipant.Configuration(
                name: "to-\(name)", service: service, api: api, token: token, coordinator: caller)
            configuration.timeout = 120_000
            return [name: try HTTPParticipant(configuration, client: client)]
        }
        let c = try await Process("c")
        try await c.serve { c, request in
            let text = request.headers[values: try #require(.init(TransactionContext.header))]
            let context = try TransactionContext(try #require(text.first))
            carried.update { $0.append(context) }
            let trace = try #require(TransactionManager.current).headers
            traces.update { $0.append(trace) }
            try await c.write()
            return Response(status: request.uri.query == "fails" ? .conflict : .ok)
        } _: { service, api in
            let b = try await Process("b", participants: participant("c", of: "b", service, api))
            try await b.serve { b, request in
                try await b.write()
                let query = request.uri.query.map { "?\($0)" } ?? ""
                return Response(
                    status: .init(code: Int(try await b.post(to: "c", query).status.code)))
            } _: { service, api in
                let coordinators = try coordinator("b", api)
                c.node.transactions.participants.connect(coordinators)
                let a = try await Process(
                    "a", participants: participant("b", of: "a", service, api))
                try await a.serve { _, _ in
                    Response(status: .notFound)
                } _: { _, api in
                    b.node.transactions.participants.connect(try coordinator("a", api))
                    try await body(
                        Chain(
                            a: a, b: b, c: c, carried: carried, traces: traces,
                            coordinators: coordinators))
                }
            }
        }
        try await client.shutdown()
    }

    @Test func `all commit, and all roll back`() async throws {
        try await withChain { chain in
            try await chain.a.node.transactions.run {
                try await chain.a.write()
                #expect(try await chain.a.post(to: "b").status == .ok)
                // Nobody sees it before the decision.
                #expect(chain.values == ["old", "old", "old"])
            }
            #expect(chain.values == ["new", "new", "new"])

            for process in [chain.a, chain.b, chain.c] { process.store["k"] = "old" }
            struct Failure: Error {}
            await #expect(throws: Failure.self) {
                try await chain.a.node.transactions.run {
                    try await chain.a.write()
                    #expect(try await chain.a.post(to: "b").status == .ok)
                    throw Failure()
                }
            }
            #expect(chain.values == ["old", "old", "old"])
            try await eventually("nothing is left", seconds: 120) { chain.left == 0 }
        }
    }

    @Test func `the last one fails, and no one commits though a goes on`() async throws {
        try await withChain { chain in
            do {
                try await chain.a.node.transactions.run {
                    try await chain.a.write()
                    #expect(try await chain.a.post(to: "b", "?fails").status == .conflict)
                }
                Issue.record("It has committed.")
            } catch let error as RepriseError {
                #expect(error.code == .transactionRolledBack)
            }
            #expect(chain.values == ["old", "old", "old"])
            try await eventually("nothing is left", seconds: 120) { chain.left == 0 }
        }
    }

    @Test func `the trace of the first request reaches the last part`() async throws {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        try await withChain { chain in
            try await chain.a.node.transactions.run {
                let headers: HTTPHeaders = ["traceparent": trace]
                let answer = try await chain.a.send(.POST, to: "b", headers: headers)
                #expect(answer.status == .ok)
            }
            #expect(chain.traces.read { $0 } == [[Header("traceparent", trace)]])
        }
    }

    @Test func `a participant asks its coordinator over HTTP`() async throws {
        try await withChain { chain in
            let asked = Probe<[SuperiorAnswer]>([])
            try await chain.a.node.transactions.run {
                try await chain.a.write()
                #expect(try await chain.a.post(to: "b").status == .ok)
                let context = try #require(chain.carried.read { $0.last })
                #expect(context.address == "b" && context.mode == .writing)
                let answer = try await chain.coordinators.ask(
                    Superior(xid: context.xid, address: context.address))
                asked.update { $0.append(answer) }
            }
            let context = try #require(chain.carried.read { $0.last })
            try await eventually("it is over", seconds: 120) { chain.left == 0 }
            let answer = try await chain.coordinators.ask(
                Superior(xid: context.xid, address: context.address))
            // Ended, so nobody may ask any more: presumed abort.
            #expect(asked.read { $0 } == [.undecided] && answer == .rolledBack)
        }
    }
}
