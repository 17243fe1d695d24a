import Foundation
import HTTPTypes
import Model
import Reprise
import TestSupport
import Testing
import Yams

@testable import RepriseServer

/// What operators see of transactions over HTTP, and do about them.
@Suite struct TransactionRouteTests {
    private static func view(
        _ number: UInt64, _ standing: TransactionView.Standing = .pending,
        branches: [TransactionView.Branch] = []
    ) -> TransactionView {
        TransactionView(
            id: TransactionID(uuid: SessionID(high: 1, low: number)), status: .committing,
            time: Timestamp(milliseconds: 5), branches: branches, standing: standing, reason: "")
    }

    private func withAPI(
        _ views: [TransactionView],
        _ body: @Sendable (API, ScriptedTransactions) async throws -> Void
    ) async throws {
        let store = MemoryStore()
        store.scripted.state.update { $0.views = views }
        try await API.withServer(store) { try await body($0, store.scripted) }
    }

    @Test func `a transaction is shown with its branches and what troubles them`() async throws {
        var branch = TransactionView.Branch(
            number: 2, resource: "db", state: .committing, attempts: 3)
        branch.trouble = RepriseError(.resourceFailed, "resource db: down")
        let heuristic = TransactionView.Branch(
            number: 1, resource: "old", state: .heuristic, heuristic: .notCommitted, attempts: 0)
        let view = Self.view(7, branches: [heuristic, branch])
        try await withAPI([view]) { api, _ in
            let reply = try await api.get("/v1/transactions/\(view.id)")
            #expect(reply.status == .ok)
            #expect(reply.json?["standing"]?.string == "pending")
            #expect(reply.json?["status"]?.string == "committing")
            #expect(reply.json?["timeMs"]?.integer == 5)
            #expect(reply.json?["reason"] == nil)
            let branches = try #require(reply.json?["branches"]?.array)
            #expect(branches.map { $0["state"]?.string } == ["heuristic", "committing"])
            #expect(branches[0]["heuristic"]?.string == "rolledBack")
            #expect(branches[0]["trouble"] == nil)
            #expect(branches[1]["attempts"]?.integer == 3)
            #expect(branches[1]["trouble"]?["code"]?.string == "resourceFailed")
            let other = try await api.get("/v1/transactions/0198c0de-0000-7000-8000-000000000001")
            #expect(other.status == .notFound && other.code == "transactionNotFound")
            let odd = try await api.get("/v1/transactions/odd")
            #expect(odd.status == .badRequest && odd.code == "invalidRequest")
        }
    }

    @Test func `a list comes in pages`() async throws {
        let views = [Self.view(9, .heuristic), Self.view(1), Self.view(2)]
        try await withAPI(views) { api, _ in
            let first = try await api.get("/v1/transactions?limit=2")
            #expect(
                first.json?["transactions"]?.array?.map { $0["id"]?.string }
                    == views.prefix(2).map(\.id.description))
            let next = try #require(first.json?["next"]?.string)
            let second = try await api.get("/v1/transactions?after=\(next)")
            #expect(
                second.json?["transactions"]?.array?.map { $0["id"]?.string }
                    == [views[2].id.description])
            #expect(second.json?["next"] == nil)
            for query in ["limit=0", "limit=1001", "limit=x", "after=x", "phase=open"] {
                let reply = try await api.get("/v1/transactions?\(query)")
                #expect(reply.status == .badRequest && reply.code == "invalidRequest", "\(query)")
            }
        }
    }

    @Test func `an operator resolves with an outcome and a reason`() async throws {
        let id = Self.view(7).id
        try await withAPI([]) { api, transactions in
            let path = "/v1/transactions/\(id)/resolve"
            for body in [
                nil, "{}", #"{"outcome": "committed"}"#, #"{"reason": "r"}"#,
                #"{"outcome": "committed", "reason": ""}"#,
                #"{"outcome": "notCommitted", "reason": "r"}"#,
                #"{"outcome": "committed", "reason": "r", "force": true}"#,
                #"{"outcome": "committed", "reason": "\#(String(repeating: "r", count: 1_025))"}"#,
            ] {
                let reply = try await api.post(path, body)
                #expect(reply.status == .badRequest && reply.code == "invalidRequest")
            }
            #expect(transactions.calls.isEmpty)
            for outcome in ["committed", "rolledBack"] {
                let reply = try await api.post(
                    path, #"{"outcome": "\#(outcome)", "reason": "the disk is lost"}"#)
                #expect(reply.status == .ok && reply.id == "\(id)")
            }
            #expect(
                transactions.calls == [
                    "resolve \(id) committed the disk is lost",
                    "resolve \(id) notCommitted the disk is lost",
                ])
            transactions.state.update {
                $0.failure = RepriseError(.transactionNotActive, "It waits for nobody.")
            }
            let refused = try await api.post(path, #"{"outcome": "committed", "reason": "r"}"#)
            #expect(refused.status == .conflict && refused.code == "transactionNotActive")
        }
    }

    @Test func `an operator forgets`() async throws {
        let id = Self.view(7).id
        try await withAPI([]) { api, transactions in
            let path = "/v1/transactions/\(id)/forget"
            #expect(try await api.post(path).status == .ok)
            #expect(try await api.post(path, #"{"unchecked": true}"#).status == .ok)
            #expect(try await api.post(path, #"{"uncheckd": true}"#).status == .badRequest)
            #expect(try await api.post(path, #"{"unchecked": 1}"#).status == .badRequest)
            #expect(transactions.calls == ["forget \(id)", "forget \(id) unchecked"])
            transactions.state.update {
                $0.failure = RepriseError(.transactionHeuristic, "It is still prepared.")
            }
            let refused = try await api.post(path)
            #expect(refused.status == .conflict && refused.code == "transactionHeuristic")
        }
    }

    @Test func `where there are no transactions nothing is found`() async throws {
        let store = MemoryStore()
        store.hasTransactions.update { $0 = false }
        try await API.withServer(store) { api in
            let reply = try await api.get("/v1/transactions")
            #expect(reply.status == .notFound && reply.code == "notFound")
            #expect(try await api.send(.delete, "/v1/transactions").status == .methodNotAllowed)
        }
    }

    @Test func `the document lists the standings and the states`() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "schemas/openapi.yaml")
        let document = try Yams.compose(yaml: String(contentsOf: url, encoding: .utf8))
        func names(_ schema: String, _ property: String) -> [String?]? {
            document?["components"]?["schemas"]?[schema]?["properties"]?[property]?["enum"]?
                .array().map(\.string)
        }
        let standings = TransactionView.Standing.allCases.map(\.rawValue)
        #expect(names("Transaction", "standing") == standings)
        #expect(names("Transaction", "status") == TransactionStatus.allCases.map(\.rawValue))
        #expect(
            names("Branch", "state") == TransactionView.Branch.State.allCases.map(\.rawValue))
    }
}
