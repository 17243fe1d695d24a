import Model
import Reprise
import ReprisePostgres
import Testing

@testable import RepriseServer

/// How transactions behave, and the databases that take part in them, in the configuration.
@Suite struct TransactionSettingsTests {
    @Test func transactionsAndTheirResourcesAreSet() throws {
        let settings = try SettingsText.load(
            """
            transactions:
              timeout: 5s
              acknowledgement: mirrored
              publishesAll: false
              retry: { firstDelay: 10ms, maxDelay: 1s }
              resources:
                shop.eu:
                  connectionFile: $DIR/connection
                  participation: onePhase
                  schema: app
                  connections: 3
            """, environment: ["BANK": "host=/nowhere dbname=bank", "REPRISE_BANK": "host=/else"],
            flags: [
                ("transactions.resources.the.bank.connectionVariable", "BANK"),
                ("transactions.maxBranches", "8"),
            ])
        let options = settings.reprise.transactions
        #expect(options.timeout == 5_000 && options.acknowledgement == .mirrored)
        #expect(!options.publishesAll && options.maxBranches == 8)
        #expect(options.retry.firstDelay == 10 && options.retry.maxDelay == 1_000)
        #expect(settings.resources.map(\.name) == ["shop.eu", "the.bank"])
        let shop = settings.resources[0]
        #expect(shop.participation == .onePhase && shop.schema == "app" && shop.connections == 3)
        #expect(!"\(settings.resources)".contains("nowhere"))
        #expect(try settings.resources[1].resource().name == "the.bank")
        #expect(settings.warnings.count == 1, "a variable that nobody names")
    }

    @Test func aVariableThatIsNamedIsNoMistake() throws {
        let settings = try SettingsText.load(
            "transactions: { resources: { bank: { connectionVariable: REPRISE_BANK } } }",
            environment: ["REPRISE_BANK": "dbname=bank"])
        #expect(settings.warnings.isEmpty)
    }

    @Test(arguments: [
        ("transactions: { resources: { bank: } }", "set one of connectionFile"),
        (
            "transactions: { resources: { bank: { connectionVariable: NO, connectionFile: /x } } }",
            "set one of connectionFile"
        ),
        ("transactions: { resources: { bank: { connectionVariable: NO } } }", "NO is not set"),
        ("transactions: { resources: { bank: { connectionFile: /nowhere } } }", "/nowhere"),
        (
            "transactions: { resources: { bank: { connectionVariable: ODD } } }",
            "cannot be read"
        ),
        ("transactions: { resources: { bank: { connection: secret } } }", "no such key"),
        ("transactions: { resources: { bank: { schema: [] } } }", "a list is not allowed"),
        ("transactions: { resources: secret }", "no such key"),
        ("transactions: { timeout: 1ms }", "transactions.timeout"),
        ("transactions: { acknowledgement: never }", "transactions.acknowledgement"),
    ])
    func wrongTransactionSettingsAreNamed(text: String, expected: String) {
        let message = SettingsText.message(text, environment: ["ODD": "secret=1 secret"])
        #expect(message.contains(expected), "\(message)")
        #expect(!message.contains("secret=1"))
    }
}
