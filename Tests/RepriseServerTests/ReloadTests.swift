import Foundation
import HTTPTypes
import Model
import Reprise
import Synchronization
import Testing

@testable import RepriseServer

@Suite struct ReloadTests {
    private static func settings(_ flags: [(key: String, value: String)]) throws -> Settings {
        try Settings.load(file: nil, environment: [:], flags: flags)
    }

    /// A reloader over settings that a test changes, and what was applied.
    private final class Rig: Sendable {
        let flags: Mutex<[(key: String, value: String)]>
        let applied = Mutex<[Settings]>([])
        let refuses = Mutex(false)

        init(_ flags: [(key: String, value: String)]) { self.flags = Mutex(flags) }

        func reloader() throws -> Reloader {
            Reloader(
                try ReloadTests.settings(flags.withLock { $0 }),
                load: { [self] () throws(RepriseError) in
                    try Settings.load(
                        file: nil, environment: [:], flags: self.flags.withLock { $0 })
                },
                apply: { [self] (settings) throws(RepriseError) in
                    if refuses.withLock({ $0 }) { throw RepriseError(.configuration, "no") }
                    applied.withLock { $0.append(settings) }
                })
        }
    }

    @Test func policiesAndHandlersAreTakenOverAndTheRestIsNamed() throws {
        let rig = Rig([
            ("kinds.order.lease", "5s"), ("kinds.gone.lease", "5s"), ("server.port", "7000"),
        ])
        let reloader = try rig.reloader()
        rig.flags.withLock {
            $0 = [
                ("kinds.order.lease", "6s"), ("kinds.order.handler.url", "http://h:1/"),
                ("kinds.new.concurrency", "3"), ("server.port", "7001"),
                ("defaults.ratePerSecond", "9"),
            ]
        }
        let report = try reloader.reload()
        #expect(
            report.changed == [
                "defaults.ratePerSecond", "kinds.gone.lease", "kinds.new.concurrency",
                "kinds.order.handler.url", "kinds.order.lease",
            ])
        #expect(report.needsRestart == ["server.port"])
        let settings = try #require(rig.applied.withLock { $0.first })
        #expect(settings.reprise.kinds[Kind(unchecked: "order")]?.lease == 6_000)
        #expect(settings.reprise.kinds[Kind(unchecked: "order")]?.ratePerSecond == 9)
        #expect(settings.handlers.count == 1)
        let again = try reloader.reload()
        #expect(again.changed.isEmpty)
        #expect(again.needsRestart == ["server.port"], "it still does")
    }

    @Test func whatCannotBeUsedChangesNothing() throws {
        let rig = Rig([("kinds.order.lease", "5s")])
        let reloader = try rig.reloader()
        rig.flags.withLock { $0 = [("kinds.order.lease", "soon")] }
        #expect(throws: RepriseError.self) { try reloader.reload() }
        rig.flags.withLock { $0 = [("kinds.order.lease", "7s")] }
        rig.refuses.withLock { $0 = true }
        #expect(throws: RepriseError.self) { try reloader.reload() }
        rig.refuses.withLock { $0 = false }
        #expect(try reloader.reload().changed == ["kinds.order.lease"])
    }

    /// A file of tokens may hold others, where the settings are the same.
    @Test func otherTokensAreNamed() throws {
        let tokens = Mutex("shop produce planted-token-of-the-shop")
        let load = { @Sendable () throws(RepriseError) in
            try Settings.load(
                file: nil, environment: ["REPRISE_SERVER_TOKENS": tokens.withLock { $0 }])
        }
        var settings = try load()
        settings.given = [:]
        let reloader = Reloader(
            settings,
            load: { () throws(RepriseError) in
                var settings = try load()
                settings.given = [:]
                return settings
            }, apply: { (_) throws(RepriseError) in })
        #expect(try reloader.reload().changed == [])
        tokens.withLock { $0 = "shop produce another-token-of-the-shop" }
        #expect(try reloader.reload().changed == ["server.tokens"])
        #expect(try reloader.reload().changed == [])
    }

    /// What the runbook says of a leaked token or secret: its file is read again.
    @Test func filesOfTokensAndSecretsAreReadAgain() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws -> String {
            let file = folder.appending(path: name)
            try Data(text.utf8).write(to: file)
            return file.path
        }
        let rig = Rig([
            ("server.tokensFile", try write("tokens", "shop produce planted-token-of-the-shop")),
            ("server.tokenFile", try write("token", "planted-token-for-everything")),
            (
                "outgoing.signingSecretFile",
                try write("secret", String(repeating: "planted-secret-1", count: 4))
            ),
            ("kinds.order.handler.url", "http://h:1/"),
        ])
        let reloader = try rig.reloader()
        #expect(try reloader.reload().changed == [])
        _ = try write("tokens", "shop produce another-token-of-the-shop")
        _ = try write("token", "another-token-for-everything")
        _ = try write("secret", String(repeating: "planted-secret-2", count: 4))
        let report = try reloader.reload()
        #expect(report.changed == ["kinds.order.handler", "server.tokens"])
        #expect(report.needsRestart == [])
        let applied = rig.applied.withLock { $0 }
        let order = try Kind("order")
        #expect(applied.count == 2)
        #expect(applied[0].handlers[order]?.signer != applied[1].handlers[order]?.signer)
        #expect(applied[0].server.tokens != applied[1].server.tokens)
        #expect(applied[0].server.token != applied[1].server.token)
        #expect(try reloader.reload().changed == [])
    }

    @Test func theRouteTellsWhatHasChanged() async throws {
        let store = MemoryStore()
        let rig = Rig([("kinds.order.lease", "5s")])
        let operators = Operators(store, reloader: try rig.reloader(), logger: API.silent)
        rig.flags.withLock { $0 = [("kinds.order.lease", "6s")] }
        try await API.withServer(store, operators: operators) { (api) async throws in
            let json = try await api.post("/v1/configuration/reload").json
            #expect(json?["changed"]?.array?.map(\.string) == ["kinds.order.lease"])
            #expect(json?["needsRestart"]?.array?.isEmpty == true)
        }
        try await API.withServer { (api) async throws in
            #expect(try await api.post("/v1/configuration/reload").status == .badRequest)
        }
    }
}
