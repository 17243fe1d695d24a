import Foundation
import HTTPTypes
import Logging
import Model
import TestSupport
import Testing

@testable import RepriseServer

/// Secrets are planted everywhere, and looked for in everything that is shown.
@Suite struct SecretsTests {
    static let planted = [
        "planted-token-of-the-server", "planted-token-of-the-shop", "planted-token-of-operators",
        "planted-token-of-the-handler", "planted-secret-that-signs-everything",
        "planted-secret-that-signs-the-orders", "planted-sasl-password",
        "planted-password-of-the-key",
    ]

    /// Settings with every kind of secret, and the folder with their files.
    private func settings() throws -> (Settings, URL) {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func file(_ name: String, _ text: String) throws -> String {
            let url = folder.appending(path: name)
            try Data(text.utf8).write(to: url)
            return url.path
        }
        let planted = Self.planted
        let yaml = """
            server: { tokensFile: "\(try file("tokens", "shop produce \(planted[1])\n"))" }
            outgoing: { signingSecretFile: "\(try file("sign", planted[4]))" }
            kafka:
              brokers: localhost:9092
              properties:
                security.protocol: SASL_SSL
                sasl.username: reprise
                sasl.password: \(planted[6])
                ssl.key.password: \(planted[7])
            kinds:
              order:
                handler:
                  url: http://localhost/orders
                  tokenFile: "\(try file("handler", planted[3]))"
                  signingSecretFile: "\(try file("orders", planted[5]))"
            """
        let settings = try Settings.load(
            file: try file("reprise.yaml", yaml),
            environment: [
                "REPRISE_SERVER_TOKEN": planted[0],
                "REPRISE_SERVER_TOKENS": "ops operate \(planted[2])",
            ])
        return (settings, folder)
    }

    private func expectNone(in text: String, _ place: String) {
        for secret in Self.planted {
            #expect(!text.contains(secret), "\(place) shows \(secret)")
        }
    }

    @Test func settingsShowNone() throws {
        let (settings, folder) = try settings()
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(settings.server.knownTokens.count == 3)
        #expect(settings.handlers[try Kind("order")]?.signer != nil)
        var dumped = ""
        dump(settings, to: &dumped)
        expectNone(in: dumped, "dump")
        expectNone(in: "\(settings)", "the description")
        expectNone(in: String(reflecting: settings), "the reflection")
        expectNone(in: SettingsReference.markdown, "the reference")
    }

    @Test func logsAndAnswersShowNone() async throws {
        let (settings, folder) = try settings()
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = LogCollector()
        let registry = PrometheusRegistry()
        try await API.withServer(
            MemoryStore(), settings.server, registry: registry, logger: log.logger
        ) { (api) async throws in
            for secret in Self.planted {
                for path in ["/v1/sessions", "/v1/sessions/\(secret)", "/\(secret)"] {
                    let headers: HTTPFields = [.authorization: "Bearer \(secret)"]
                    let reply = try await api.get(path, headers: headers)
                    if path == "/v1/sessions" { expectNone(in: reply.text, "an answer") }
                    _ = try await api.post("\(path)/cancel", "{}", headers: headers)
                }
            }
        }
        expectNone(in: log.text, "the log")
        expectNone(in: registry.exposition(), "a metric")
    }

    @Test func problemsShowNone() {
        for (name, value) in [
            ("REPRISE_SERVER_TOKEN", "planted"), ("REPRISE_SERVER_TOKENS", "shop all planted"),
            ("REPRISE_OUTGOING_SIGNING_SECRET", "planted"),
        ] {
            let error = #expect(throws: RepriseError.self) {
                try Settings.load(file: nil, environment: [name: value])
            }
            #expect(error?.message.contains(name) == true)
            #expect(error?.message.contains("planted") == false)
        }
    }

    /// Everybody on the machine can read a command line.
    @Test(arguments: [
        "server.token", "server.tokens", "outgoing.signingSecret",
        "kafka.properties.sasl.password", "kafka.properties.ssl.key.password",
        "kafka.properties.sasl.oauthbearer.client.secret", "kafka.properties.ssl.key.pem",
    ])
    func theCommandLineTakesNone(key: String) {
        let error = #expect(throws: RepriseError.self) {
            try Settings.load(file: nil, environment: [:], flags: [(key, "planted-on-the-line")])
        }
        #expect(error?.message.contains(key) == true)
        #expect(error?.message.contains("planted-on-the-line") == false)
    }
}
