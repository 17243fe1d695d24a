import Coordination
import Hummingbird
import HummingbirdTesting
import Model
import Reprise
import RepriseTestKit
import TestSupport
import Testing
import Transactions

@testable import RepriseHTTP
@testable import RepriseServer

/// Each request in a transaction.
@Suite(.timeLimit(.minutes(5))) struct MiddlewareTests {
    private func withService(
        begins: Bool = true, tokens: [String] = [],
        _ handler: @escaping @Sendable (Process, Request) async throws -> Response,
        _ body: @escaping @Sendable (Process, any TestClientProtocol) async throws -> Void
    ) async throws {
        let process = try await Process("s")
        let router = Router()
        router.add(
            middleware: TransactionMiddleware(
                process.node.transactions, begins: begins,
                tokens: try tokens.map { try AccessToken($0) }))
        for method in [HTTPRequest.Method.get, .post] {
            router.on("work", method: method) { request, _ in try await handler(process, request) }
        }
        try await Application(router: router, logger: Process.logger).test(.router) {
            try await body(process, $0)
        }
        await process.node.close()
    }

    @Test(arguments: [
        (HTTPResponse.Status.ok, "new"), (.seeOther, "new"), (.badRequest, "old"),
        (.internalServerError, "old"),
    ])
    func `a status decides`(status: HTTPResponse.Status, value: String) async throws {
        try await withService { process, _ in
            try await process.write()
            return Response(status: status)
        } _: { process, client in
            let answer = try await client.executeRequest(
                uri: "/work", method: .post, headers: [:], body: nil)
            #expect(answer.status == status)
            #expect(process.store["k"] == value)
        }
    }

    @Test func `an error rolls back, and is answered as ever`() async throws {
        try await withService { process, _ in
            try await process.write()
            throw HTTPError(.unprocessableContent)
        } _: { process, client in
            let answer = try await client.executeRequest(
                uri: "/work", method: .post, headers: [:], body: nil)
            #expect(answer.status == .unprocessableContent)
            #expect(process.store["k"] == "old")
        }
    }

    @Test func `a commit that comes to nothing is not answered with success`() async throws {
        try await withService { process, _ in
            try await process.write()
            process.store.inject(
                .throwing(.rolledBack(reason: "on second thoughts")), on: .commitOnePhase)
            return Response(status: .ok)
        } _: { process, client in
            let answer = try await client.executeRequest(
                uri: "/work", method: .post, headers: [:], body: nil)
            #expect(answer.status == .conflict)
            #expect(String(buffer: answer.body).contains("transactionRolledBack"))
            #expect(process.store["k"] == "old")
        }
    }

    @Test func `safe methods only read`() async throws {
        try await withService { _, _ in
            Response(status: TransactionManager.current?.isReadOnly == true ? .ok : .conflict)
        } _: { _, client in
            let read = try await client.executeRequest(
                uri: "/work", method: .get, headers: [:], body: nil)
            #expect(read.status == .ok)
            let write = try await client.executeRequest(
                uri: "/work", method: .post, headers: [:], body: nil)
            #expect(write.status == .conflict)
        }
    }

    @Test func `switched off, a request has none`() async throws {
        try await withService(begins: false) { _, _ in
            Response(status: TransactionManager.current == nil ? .ok : .conflict)
        } _: { _, client in
            let answer = try await client.executeRequest(
                uri: "/work", method: .post, headers: [:], body: nil)
            #expect(answer.status == .ok)
        }
    }

    /// Nothing of it is run, neither in the transaction nor outside of it.
    @Test(
        arguments: [
            (["a-token-between-processes"], nil), ([], "Bearer a-token-between-processes"),
            (["a-token-between-processes"], "Bearer another-token-of-somebody"),
            (["a-token-between-processes"], "a-token-between-processes"),
        ] as [([String], String?)])
    func `who has no token does not join`(tokens: [String], given: String?) async throws {
        let ran = Probe<Int>(0)
        try await withService(tokens: tokens) { _, _ in
            ran.update { $0 += 1 }
            return Response(status: .ok)
        } _: { _, client in
            let xid = Xid(
                journal: 1, transaction: TransactionID(uuid: SessionID(high: 1, low: 2)), number: 1)
            let context = TransactionContext(
                xid: xid, mode: .writing, timeLeft: 60_000, address: "a")
            var headers: HTTPFields = [try #require(.init(TransactionContext.header)): context.text]
            headers[try #require(.init(HTTPParticipant.tokenHeader))] = given
            let answer = try await client.executeRequest(
                uri: "/work", method: .post, headers: headers, body: nil)
            #expect(answer.status == .unauthorized)
            #expect(answer.headers[try #require(.init(TransactionContext.partHeader))] == "none")
            #expect(ran.read { $0 } == 0)
        }
    }

    @Test func `a coordinator that nobody configured is refused`() async throws {
        try await withService(tokens: [Process.tokenText]) { _, _ in
            Response(status: .ok)
        } _: { _, client in
            let xid = Xid(
                journal: 1, transaction: TransactionID(uuid: SessionID(high: 1, low: 2)), number: 1)
            let context = TransactionContext(
                xid: xid, mode: .writing, timeLeft: 60_000, address: "http://evil.example")
            let headers: HTTPFields = [
                try #require(.init(TransactionContext.header)): context.text,
                try #require(.init(HTTPParticipant.tokenHeader)): "Bearer \(Process.tokenText)",
            ]
            let answer = try await client.executeRequest(
                uri: "/work", method: .post, headers: headers, body: nil)
            #expect(answer.status == .unauthorized)
        }
    }
}
