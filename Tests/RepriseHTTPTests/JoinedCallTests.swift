import AsyncHTTPClient
import Coordination
import Hummingbird
import Model
import NIOHTTP1
import Reprise
import RepriseTestKit
import TestSupport
import Testing
import Transactions

@testable import RepriseHTTP
@testable import RepriseServer

/// Calls from a to b over real HTTP, in a transaction of a.
@Suite(.timeLimit(.minutes(5))) struct JoinedCallTests {
    private struct Pair: Sendable {
        let a: Process
        let b: Process
        let ab: HTTPParticipant
        /// b's verbs, for what no coordinator of ours says.
        let verbs: VerbCalls
        /// The branches that b's requests were part of.
        let seen: Probe<[Xid]>
    }

    /// b wants to write, whatever it is asked by.
    private func withPair(_ body: @escaping @Sendable (Pair) async throws -> Void) async throws {
        let client = HTTPParticipant.makeClient()
        let token = try AccessToken(Process.tokenText)
        let seen = Probe<[Xid]>([])
        let b = try await Process("b")
        try await b.serve { b, request in
            let text = request.headers[values: try #require(.init(TransactionContext.header))]
            let context = try TransactionContext(try #require(text.first))
            seen.update { $0.append(context.xid) }
            try await b.node.transactions.run(readOnly: false) { try await b.write() }
            return Response(status: .ok)
        } _: { service, api in
            let address = try BaseAddress(api)
            let ab = try HTTPParticipant(
                HTTPParticipant.Configuration(
                    name: "to-b", service: service, api: api, token: token, coordinator: "a"),
                client: client)
            let a = try await Process("a", participants: ["b": ab])
            try await a.serve { _, _ in
                Response(status: .notFound)
            } _: { _, api in
                b.node.transactions.participants.connect(
                    try HTTPCoordinators(
                        [HTTPCoordinators.Coordinator(name: "a", api: api, token: token)],
                        client: client))
                let verbs = VerbCalls(
                    address: address, token: token, timeout: 60_000, client: client)
                try await body(Pair(a: a, b: b, ab: ab, verbs: verbs, seen: seen))
            }
        }
        try await client.shutdown()
    }

    @Test func `a call by a safe method cannot write, and the others commit`() async throws {
        try await withPair { pair in
            try await pair.a.node.transactions.run {
                try await pair.a.write()
                let answer = try await pair.a.send(.GET, to: "b")
                #expect(answer.status.code >= 400)
            }
            #expect(pair.a.store["k"] == "new")
            #expect(pair.b.store["k"] == "old")
            try await eventually("nothing is left", seconds: 120) {
                pair.b.node.transactions.list().isEmpty
            }
        }
    }

    @Test func `in a transaction that only reads, a call cannot write either`() async throws {
        try await withPair { pair in
            try await pair.a.node.transactions.run(readOnly: true) {
                let answer = try await pair.a.post(to: "b")
                #expect(answer.status.code >= 400)
            }
            #expect(pair.b.store["k"] == "old")
        }
    }

    @Test func `no request goes elsewhere with the transaction`() async throws {
        try await withPair { pair in
            try await pair.a.node.transactions.run { transaction in
                for url in [
                    "http://127.0.0.1:1/work", pair.ab.serviceAddress + "0/work",
                    pair.ab.serviceAddress.replacing("127.0.0.1", with: "127.0.0.1@localhost"),
                ] {
                    do {
                        _ = try await pair.ab.execute(
                            HTTPClientRequest(url: url), in: transaction)
                        Issue.record("It was sent to \(url).")
                    } catch let error as RepriseError {
                        #expect(error.code == .invalidRequest)
                    }
                }
            }
            #expect(pair.seen.read { $0.isEmpty })
        }
    }

    /// An operator at b does not wait for a.
    @Test func `the coordinator hears what an operator decided`() async throws {
        try await withPair { pair in
            do {
                try await pair.a.node.transactions.run { transaction in
                    #expect(try await pair.a.post(to: "b").status == .ok)
                    let xid = try #require(pair.seen.read { $0.last })
                    let participants = pair.b.node.transactions.participants
                    #expect(try await participants.prepare(xid, part: nil).vote == .prepared)
                    let part = try #require(pair.b.node.transactions.list().first?.id)
                    try await pair.b.node.transactions.resolve(
                        part, .committed, reason: "a is lost")
                    try await eventually("it is committed", seconds: 60) {
                        pair.b.store["k"] == "new"
                    }
                    do {
                        try await pair.ab.resource.rollbackPrepared(xid)
                        Issue.record("It was rolled back.")
                    } catch ResourceError.heuristic(let outcome, _) {
                        #expect(outcome == .committed)
                    }
                    throw CancellationError()
                }
            } catch is CancellationError {}
        }
    }

    /// A process that answers in the place of another must not say that its part is committed.
    @Test func `a commit names the part, and only its journal obeys`() async throws {
        try await withPair { pair in
            let xids = Probe<[Xid]>([])
            do {
                try await pair.a.node.transactions.run { transaction in
                    #expect(try await pair.a.post(to: "b").status == .ok)
                    xids.update { $0 = pair.seen.read { $0 } }
                    let xid = try #require(xids.read { $0.last })
                    let vote = try await pair.verbs.call("prepare", xid)
                    let part = try #require(try vote.checkedPart())
                    #expect(part.transaction == pair.b.node.transactions.list().first?.id)
                    await #expect(throws: RepriseError.self) {
                        try await pair.verbs.call(
                            "commit", xid, part: part.transaction, journal: part.journal ^ 1)
                    }
                    #expect(pair.b.store["k"] == "old" && pair.b.store.prepared.count == 1)
                    // Half of a name is none, and must not pass for a coordinator that gives none.
                    for fields in [
                        VerbCalls.Fields(
                            branch: xid.description, part: part.transaction.description),
                        VerbCalls.Fields(
                            branch: xid.description, journal: JournalName.text(part.journal)),
                        VerbCalls.Fields(
                            branch: xid.description, part: part.transaction.description,
                            journal: "12"),
                    ] {
                        do {
                            _ = try await pair.verbs.send("commit", fields)
                            Issue.record("It was taken: \(fields)")
                        } catch let error as RepriseError {
                            #expect(error.code == .invalidRequest)
                        }
                    }
                    #expect(pair.b.store["k"] == "old")
                    _ = try await pair.verbs.call(
                        "commit", xid, part: part.transaction, journal: part.journal)
                    #expect(pair.b.store["k"] == "new")
                    throw CancellationError()
                }
            } catch is CancellationError {}
        }
    }
}
