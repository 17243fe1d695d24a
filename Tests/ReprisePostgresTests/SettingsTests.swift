import Model
import ReprisePostgres
import Testing
import Transactions

@Suite struct SettingsTests {
    @Test(arguments: [
        "host=nowhere pass word=secret-4711", "postgresql://me:secret-4711@[broken/",
        "secret-4711", "password='secret-4711",
    ])
    func anUnreadableConnectionStringIsRefusedWithoutQuotingIt(text: String) async throws {
        let error = await repriseError {
            _ = try PostgresResource(name: "shop", connection: PostgresConnectionString(text))
        }
        #expect(error?.code == .configuration)
        #expect(error.map { "\($0)".contains("secret") } == false)
    }

    @Test func connectionStringsAreNotShown() {
        let connection: PostgresConnectionString = "host=db password=secret-4711"
        var dumped = ""
        dump(connection, to: &dumped)
        #expect(!"\(connection) \(String(reflecting: connection)) \(dumped)".contains("secret"))
    }

    @Test func aServerThatCannotBeReachedIsNamedWithoutThePassword() async throws {
        let shop = try PostgresResource(
            name: "shop", connection: "host=/nonexistent user=me password=secret-4711 dbname=shop")
        let error = await repriseError { _ = try await shop.begin(freshXid(), readOnly: true) }
        #expect(error?.code == .resourceFailed)
        #expect(error?.cause?.contains("/nonexistent") == true)
        #expect(error.map { "\($0)".contains("secret") } == false)
        let listing = await repriseError { _ = try await shop.preparedBranches() }
        #expect(listing?.code == .resourceFailed)
    }

    @Test func argumentsAreChecked() async {
        for name in ["", String(repeating: "x", count: 65)] {
            let error = await repriseError {
                _ = try PostgresResource(name: name, connection: "host=db")
            }
            #expect(error?.code == .configuration)
        }
        let schema = await repriseError {
            _ = try PostgresResource(name: "shop", connection: "host=db", schema: "")
        }
        #expect(schema?.code == .configuration)
        var limits = PostgresLimits()
        limits.finishingConnections = 0
        let error = await repriseError { [limits] in
            _ = try PostgresResource(name: "shop", connection: "host=db", limits: limits)
        }
        #expect(error?.code == .configuration)
    }

    @Test func optionsOfTheConnectionStringAreKept() async throws {
        let shop = try await resource()
        let branch = try await shop.begin(freshXid(), readOnly: true)
        let row = try await branch.query(
            """
            SELECT current_setting('idle_in_transaction_session_timeout'),
                current_setting('application_name'), current_setting('client_encoding')
            """
        ).first
        #expect(row?.values == ["10min", "reprise shop", "UTF8"])
        try await branch.rollback()
    }
}
