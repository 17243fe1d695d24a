import Foundation
import Model
import Testing

@testable import RepriseServer

@Suite struct TokenListTests {
    static let secret = "correct-horse-battery-staple"

    @Test func readsATokenALine() throws {
        let digest = "4ff02a1a2e6c5a1b0000000000000000000000000000000000000000000000ab"
        let tokens = try TokenList.parse(
            """
            # who        may              with
            shop         produce,read     \(Self.secret)

            \tops.anna\toperate\tsha256:\(digest)  expires=2030-01-31\r
            ops.anna     operate          another-token-of-anna expires=2030-01-31T12:00:00+01:00
            """, from: "tokens")
        #expect(tokens.map(\.name) == ["shop", "ops.anna", "ops.anna"])
        #expect(tokens[0].scopes == [.produce, .read])
        #expect(tokens[0].expires == nil)
        #expect(tokens[0].digest.matches(TokenDigest(of: Self.secret.utf8)))
        #expect(tokens[1].expires == Timestamp(milliseconds: 1_896_048_000_000))
        #expect(tokens[2].expires == Timestamp(milliseconds: 1_896_087_600_000))
    }

    @Test func theDigestOfATokenStandsForIt() throws {
        // printf %s correct-horse-battery-staple | sha256sum
        let digest = "87cbebfeebc05f7c54ac9336c4b4bbec831227a641951a4bde7edd56020f8590"
        let token = try #require(
            TokenList.parse("a read sha256:\(digest)", from: "tokens").first)
        #expect(token.digest.matches(TokenDigest(of: Self.secret.utf8)))
        #expect(!token.digest.matches(TokenDigest(of: "another".utf8)))
    }

    @Test(arguments: [
        ("", "0 tokens"), ("# nothing\n", "0 tokens"), ("shop produce", "line 1"),
        ("shop produce \(secret) expires=2030-01-31 more", "line 1"),
        ("# a\nshop all \(secret)", "line 2"), ("shop produce, \(secret)", "line 1"),
        ("sh/op produce \(secret)", "line 1"), ("shop produce short-token", "line 1"),
        ("shop produce sha256:12", "line 1"), ("shop produce sha256:\(secret)", "line 1"),
        ("shop produce \(secret) 2030-01-31", "line 1"),
        ("shop produce \(secret) expires=tomorrow", "line 1"),
        ("shop produce \(secret) expires=2030-02-31", "line 1"),
        ("\(String(repeating: "n", count: 65)) produce \(secret)", "line 1"),
    ])
    func whatCannotBeReadIsRefused(text: String, says: String) {
        let error = #expect(throws: RepriseError.self) {
            try TokenList.parse(text, from: "tokens")
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(Self.secret) == false)
    }

    @Test func thereIsALimit() {
        let text = (0...TokenList.maxTokens).map { "t\($0) read a-long-token-number-\($0)" }
            .joined(separator: "\n")
        #expect(throws: RepriseError.self) { try TokenList.parse(text, from: "tokens") }
    }

    @Test func comeFromTheFileAndTheEnvironment() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("shop produce \(Self.secret)\n".utf8).write(to: file)
        let settings = try Settings.load(
            file: nil,
            environment: [
                "REPRISE_SERVER_TOKENS_FILE": file.path, "REPRISE_SERVER_HOST": "0.0.0.0",
                "REPRISE_SERVER_TOKENS": "a read the-first-token-here\nb read the-second-token",
                "REPRISE_SERVER_TOKEN": "the-token-with-every-scope",
            ])
        #expect(settings.server.knownTokens.map(\.name) == ["a", "b", "shop", "token"])
        #expect(settings.server.knownTokens.last?.scopes == Set(Scope.allCases))
    }

    @Test func aTokenIsRefusedOnTheCommandLine() {
        let error = #expect(throws: RepriseError.self) {
            try Settings.load(
                file: nil, environment: [:], flags: [("server.tokens", "a read \(Self.secret)")])
        }
        #expect(error?.message.contains("REPRISE_SERVER_TOKENS") == true)
        #expect(error?.message.contains(Self.secret) == false)
    }
}
