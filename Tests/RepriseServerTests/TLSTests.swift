import AsyncHTTPClient
import CertificateSupport
import Foundation
import Logging
import Model
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import Testing

@testable import RepriseServer

/// With certificates that are made for the test.
@Suite struct TLSTests {
    /// An API with TLS on a port of its own, and its files.
    private func withServer(
        _ body:
            @Sendable (Int, Authority, ServerCredentials, ServerConfiguration) async throws ->
            Void
    ) async throws {
        let authority = try Authority()
        defer { authority.remove() }
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.tls = try authority.issue("first")
        let credentials = try ServerCredentials(configuration)
        let (ports, running) = AsyncStream<Int>.makeStream()
        let store = MemoryStore()
        let server = try APIServer(
            store: store, operators: Operators(store, logger: API.silent),
            configuration: configuration, registry: PrometheusRegistry(), credentials: credentials,
            logger: API.silent, onRunning: { running.yield($0) })
        let group = ServiceGroup(services: [server], logger: API.silent)
        let fixed = configuration
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Void, any Error>
            do {
                let port = await ports.first { _ in true } ?? 0
                result = .success(try await body(port, authority, credentials, fixed))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    /// The status of a request by a new client, which trusts `caFile`.
    private func status(
        of port: Int, caFile: String?, host: String = "localhost",
        newest: TLSVersion? = nil
    ) async throws -> UInt {
        var outgoing = OutgoingConfiguration()
        outgoing.caFile = caFile
        let client: HTTPClient
        if let newest {
            var tls = try outgoing.tls()
            tls.minimumTLSVersion = .tlsv1
            tls.maximumTLSVersion = newest
            client = HTTPClient(
                eventLoopGroupProvider: .singleton,
                configuration: HTTPClient.Configuration(tlsConfiguration: tls))
        } else {
            client = try HTTPHandler.makeClient(outgoing)
        }
        let result: Result<UInt, any Error>
        do {
            let answer = try await client.execute(
                HTTPClientRequest(url: "https://\(host):\(port)/health/live"),
                timeout: .seconds(60))
            result = .success(answer.status.code)
        } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try result.get()
    }

    @Test func whoTrustsTheAuthorityIsAnswered() async throws {
        try await withServer { port, authority, _, _ in
            #expect(try await status(of: port, caFile: authority.caFile) == 200)
            for version in [TLSVersion.tlsv12, .tlsv13] {
                #expect(
                    try await status(of: port, caFile: authority.caFile, newest: version) == 200)
            }
            await #expect(throws: (any Error).self, "TLS 1.1 is too old") {
                try await status(of: port, caFile: authority.caFile, newest: .tlsv11)
            }
            await #expect(throws: (any Error).self, "nobody vouches for it") {
                try await status(of: port, caFile: nil)
            }
            await #expect(throws: (any Error).self, "the certificate is another host's") {
                try await status(of: port, caFile: authority.caFile, host: "127.0.0.1")
            }
            let plain = try #require(RawConnection(port: port))
            defer { plain.close() }
            let text = await plain.exchange(
                "GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n", until: "alive")
            #expect(!text.contains("HTTP/1.1"), "plain HTTP is not spoken")
        }
    }

    @Test func theCertificateIsReplacedWhileItRuns() async throws {
        try await withServer { port, first, credentials, configuration in
            let second = try Authority()
            defer { second.remove() }
            var changed = configuration
            changed.tls = try second.issue("second")
            try credentials.reload(changed)
            #expect(try await status(of: port, caFile: second.caFile) == 200)
            await #expect(throws: (any Error).self) {
                try await status(of: port, caFile: first.caFile)
            }
            // What cannot be used changes nothing.
            changed.tls?.keyFile = first.caFile
            #expect(throws: RepriseError.self) { try credentials.reload(changed) }
            changed.tls = nil
            #expect(throws: RepriseError.self) { try credentials.reload(changed) }
            #expect(try await status(of: port, caFile: second.caFile) == 200)
        }
    }

    @Test func filesThatCannotBeUsedAreRefused() throws {
        let authority = try Authority()
        defer { authority.remove() }
        let other = try authority.issue("other")
        let files = try authority.issue("own")
        for broken in [
            TLSFiles(certificateFile: files.certificateFile, keyFile: other.keyFile),
            TLSFiles(certificateFile: files.keyFile, keyFile: files.keyFile),
            TLSFiles(certificateFile: files.certificateFile, keyFile: files.certificateFile),
            TLSFiles(certificateFile: "/nowhere.pem", keyFile: files.keyFile),
        ] {
            var configuration = ServerConfiguration()
            configuration.tls = broken
            let error = #expect(throws: RepriseError.self) {
                try ServerCredentials(configuration)
            }
            #expect(error?.code == .configuration)
            #expect(error?.message.contains(broken.certificateFile) == true)
        }
        var outgoing = OutgoingConfiguration()
        outgoing.caFile = files.keyFile
        let error = #expect(throws: RepriseError.self) { try HTTPHandler.makeClient(outgoing) }
        #expect(error?.code == .configuration)
    }

    @Test func settingsNameTheFiles() throws {
        let settings = try Settings.load(
            file: nil, environment: [:],
            flags: [
                ("server.tls.certificateFile", "/c.pem"), ("server.tls.keyFile", "/k.pem"),
                ("outgoing.caFile", "/ca.pem"), ("client.caFile", "/nodes.pem"),
                ("client.url", "https://node.example:7171"),
            ])
        #expect(settings.server.tls == TLSFiles(certificateFile: "/c.pem", keyFile: "/k.pem"))
        #expect(settings.outgoing.caFile == "/ca.pem")
        #expect(settings.client.caFile == "/nodes.pem")
        #expect(settings.client.url == "https://node.example:7171")
        #expect(settings.callbackURL == "https://127.0.0.1:7171")
        let error = #expect(throws: RepriseError.self) {
            try Settings.load(
                file: nil, environment: [:], flags: [("server.tls.keyFile", "/k.pem")])
        }
        #expect(error?.message.contains("go together") == true)
    }
}
