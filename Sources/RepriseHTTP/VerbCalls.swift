internal import AsyncHTTPClient
internal import Foundation
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import RepriseServer
internal import Transactions

/// Calls of another process's `/v1/transactions/…`.
struct VerbCalls: Sendable {
    private static let maxAnswerBytes = 1 << 20

    let address: BaseAddress
    let token: AccessToken?
    let timeout: Milliseconds
    let client: HTTPClient

    /// What does not come from the other process's API: nobody knows what was done there.
    struct LostAnswer: Error, CustomStringConvertible {
        var description: String
    }

    struct Fields: Encodable {
        var branch: String?
        var part: String?
        var journal: String?
        var after: String?
    }

    struct Answer: Decodable {
        var branch: String?
        var vote: String?
        var part: String?
        var journal: String?
        var answer: String?
        var branches: [String]?

        /// Nil from a process that does not tell.
        func checkedPart() throws -> RemotePart? {
            guard let journal else { return nil }
            guard let identity = JournalName.read(journal),
                let transaction = part.flatMap({ TransactionID(text: $0) })
            else { throw LostAnswer(description: "The answer does not say which part it is.") }
            return RemotePart(journal: identity, transaction: transaction)
        }
    }

    private struct Refusal: Decodable {
        struct Content: Decodable {
            var code: String
            var message: String
        }

        var error: Content
        var outcome: String?
    }

    /// About one branch.
    ///
    /// - Throws: the other process's own error as a `RepriseError` with its code, or
    ///   `ResourceError.heuristic`; anything else means that no answer came.
    func call(
        _ verb: String, _ xid: Xid, part: TransactionID? = nil, journal: UInt64? = nil
    ) async throws -> Answer {
        let answer = try await send(
            verb,
            Fields(
                branch: xid.description, part: part?.description,
                journal: journal.map(JournalName.text)))
        // A page of something in between is no answer.
        guard answer.branch == xid.description else {
            throw LostAnswer(description: "The answer is about something else.")
        }
        return answer
    }

    func send(_ verb: String, _ fields: Fields) async throws -> Answer {
        var request = HTTPClientRequest(url: "\(address.text)/v1/transactions/\(verb)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "reprise")
        if let token { request.headers.add(name: "authorization", value: token.headerValue) }
        request.body = .bytes(try JSONEncoder().encode(fields))
        let response = try await client.execute(request, timeout: .milliseconds(timeout))
        let body = try await response.body.collect(upTo: VerbCalls.maxAnswerBytes)
        return try VerbCalls.read(Int(response.status.code), Array(body.readableBytesView))
    }

    static func read(_ status: Int, _ body: [UInt8]) throws -> Answer {
        if status == 200, let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)) {
            return answer
        }
        guard status >= 400,
            let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(body)),
            let code = ErrorCode(rawValue: refusal.error.code)
        else {
            throw LostAnswer(description: "An answer with status \(status) is none of the API's.")
        }
        if code == .transactionHeuristic, let outcome = refusal.outcome {
            throw ResourceError.heuristic(
                outcome == "committed" ? .committed : .notCommitted, reason: refusal.error.message)
        }
        throw RepriseError(code, refusal.error.message)
    }
}
