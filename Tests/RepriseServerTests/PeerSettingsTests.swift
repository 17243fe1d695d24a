import Model
import Testing

@testable import RepriseServer

/// The other processes of common transactions, in the configuration.
@Suite struct PeerSettingsTests {
    @Test func `participants and coordinators have names, addresses and tokens`() throws {
        let settings = try SettingsText.load(
            """
            transactions:
              participants:
                bank.eu: { api: "https://bank.example:7171", tokenFile: $DIR/token }
              coordinators:
                shop: { api: "http://shop.example:7171" }
            """, flags: [("transactions.coordinators.web.shop.api", "http://web.example")])
        #expect(
            settings.participants == [
                PeerSettings(
                    name: "bank.eu", api: "https://bank.example:7171",
                    token: try AccessToken("a-token-of-a-file-0001"))
            ])
        #expect(
            settings.coordinators == [
                PeerSettings(name: "shop", api: "http://shop.example:7171"),
                PeerSettings(name: "web.shop", api: "http://web.example"),
            ])
        #expect(settings.secretFiles.keys.contains("transactions.participants.bank.eu.tokenFile"))
    }

    @Test(arguments: [
        ("participants: { bank: }", "transactions.participants.bank: set api"),
        (
            "coordinators: { shop: { tokenFile: $DIR/token } }",
            "transactions.coordinators.shop: set api"
        ),
        ("participants: { bank: { api: bank.example } }", "a URL of http or https"),
        ("participants: { bank: { api: 'http://me:secret@bank' } }", "a user or a password"),
        ("participants: { bank: { api: 'http://b', tokenFile: /nowhere } }", "/nowhere"),
        ("participants: { bank: { api: 'http://b', token: secret } }", "no such key"),
        ("participants: { bank: { connectionFile: /x } }", "no such key"),
        ("coordinators: { 'the shop': { api: 'http://s' } }", "1 to 256 visible ASCII"),
        ("participants: { '': { api: 'http://s' } }", "1 to 64 bytes"),
        ("coordinators: secret", "no such key"),
    ])
    func `what is wrong is named, and no secret is shown`(text: String, problem: String) throws {
        let message = SettingsText.message("transactions: { \(text) }")
        #expect(message.contains(problem), "\(message)")
        #expect(!message.contains("secret"), "\(message)")
    }

    @Test func `a token that is too weak is refused`() {
        let message = SettingsText.message(
            "transactions: { participants: { b: { api: 'http://b', tokenFile: $DIR/connection } } }"
        )
        #expect(message.contains("token"), "\(message)")
    }
}
