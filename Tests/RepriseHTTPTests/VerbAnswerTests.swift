import Model
import Testing
import Transactions

@testable import RepriseHTTP

/// What an answer to a verb means.
@Suite struct VerbAnswerTests {
    @Test func `an error with a known code is the participant's own`() {
        let body = #"{"error": {"code": "transactionNotFound", "message": "gone"}}"#
        #expect(throws: RepriseError(.transactionNotFound, "gone")) {
            try VerbCalls.read(404, Array(body.utf8))
        }
    }

    @Test func `what an operator decided arrives with the outcome`() {
        let body =
            #"{"error": {"code": "transactionHeuristic", "message": "by hand"}, "outcome": "rolledBack"}"#
        #expect(throws: ResourceError.heuristic(.notCommitted, reason: "by hand")) {
            try VerbCalls.read(409, Array(body.utf8))
        }
    }

    @Test(
        arguments: [
            (404, "<html>not found</html>"), (404, ""), (502, #"{"message": "bad gateway"}"#),
            (500, #"{"error": {"code": "somethingNew", "message": "?"}}"#), (200, "<html>"),
            (302, #"{"error": {"code": "transactionNotFound", "message": "gone"}}"#),
        ] as [(Int, String)])
    func `everything else is a lost answer`(status: Int, body: String) {
        #expect(throws: VerbCalls.LostAnswer.self) {
            try VerbCalls.read(status, Array(body.utf8))
        }
    }
}
