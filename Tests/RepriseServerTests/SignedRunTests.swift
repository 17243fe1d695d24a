import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import RepriseSignature
import ServiceLifecycle
import Synchronization
import Testing

@testable import RepriseServer

/// What is posted to handlers bears a signature of exactly what arrives there.
@Suite struct SignedRunTests {
    static let secret = String(repeating: "0123456789abcdef", count: 4)

    /// Runs `body` with the port of a handler that believes what is signed.
    private func withHandler(
        _ verifier: SignatureVerifier, now: Int64,
        _ body: @Sendable (Int, HTTPClient) async throws -> Void
    ) async throws {
        let router = Router()
        let check: @Sendable (Request, BasicRequestContext) async throws -> Response = {
            request, _ in
            func header(_ name: String) -> String? {
                HTTPField.Name(name).flatMap { request.headers[$0] }
            }
            let content = try await request.body.collect(upTo: 4 << 20)
            do throws(SignatureError) {
                try verifier.verify(
                    method: request.method.rawValue, target: request.head.path ?? "",
                    body: Array(content.readableBytesView),
                    timestamp: header(RequestSignature.timestampHeader),
                    signature: header(RequestSignature.signatureHeader), now: now)
                return Response(status: .ok)
            } catch {
                return Response(status: .unauthorized)
            }
        }
        router.on("/", method: .post, use: check)
        router.on("**", method: .post, use: check)
        let (ports, running) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let client = HTTPHandler.makeClient()
        let group = ServiceGroup(services: [application], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Void, any Error>
            do {
                let port = await ports.first { _ in true } ?? 0
                result = .success(try await body(port, client))
            } catch {
                result = .failure(error)
            }
            try await client.shutdown()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    @Test func theHandlerBelievesWhatIsSigned() async throws {
        let (session, run) = try Fixture.running()
        let secrets = [try SigningSecret(Self.secret)]
        let (verifier, signer) = (try SignatureVerifier(secrets), try RequestSigner(secrets))
        try await withHandler(verifier, now: 1_767_225_600) { port, client in
            // Whatever the URL looks like, what is signed is what the request line has.
            for target in [
                "", "/", "/recover", "?a=1", "/a%20b?x=%C3%A4&y=1", "/a/?#part", "/a|b?c={d}",
            ] {
                let handler = HTTPHandler(
                    HandlerEndpoint(url: "http://127.0.0.1:\(port)\(target)", signer: signer),
                    timeout: 120_000, callbackURL: "http://n1", client: client,
                    now: { Timestamp(milliseconds: 1_767_225_599_900) })
                #expect(await handler.run(session, run).outcome == .complete, "\(target)")
            }
        }
    }

    @Test func whatIsNotSignedIsTriedAgainAndNotParked() async throws {
        let (session, run) = try Fixture.running()
        let verifier = try SignatureVerifier([try SigningSecret(Self.secret)])
        let stranger = try RequestSigner([try SigningSecret(String(repeating: "x", count: 32))])
        try await withHandler(verifier, now: 1_767_225_600) { port, client in
            for signer in [nil, stranger] {
                let handler = HTTPHandler(
                    HandlerEndpoint(url: "http://127.0.0.1:\(port)/recover", signer: signer),
                    timeout: 120_000, callbackURL: "http://n1", client: client,
                    now: { Timestamp(milliseconds: 1_767_225_600_000) })
                guard case .failed(.handlerFailed, _) = await handler.run(session, run).outcome
                else {
                    Issue.record("believed")
                    return
                }
            }
        }
    }

    @Test func secretsComeFromFilesAndTheEnvironment() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let own = "the-secret-of-the-orders-alone-here"
        try Data("# newest first\n\(own)\n".utf8).write(to: file)
        let settings = try Settings.load(
            file: nil,
            environment: ["REPRISE_OUTGOING_SIGNING_SECRET": Self.secret],
            flags: [
                ("kinds.order.handler.url", "http://h/o"), ("kinds.user.handler.url", "http://h/u"),
                ("kinds.order.handler.signingSecretFile", file.path),
            ])
        let common = try RequestSigner([try SigningSecret(Self.secret)])
        #expect(settings.outgoing.signer == common)
        #expect(settings.handlers[try Kind("user")]?.signer == common)
        #expect(
            settings.handlers[try Kind("order")]?.signer
                == (try RequestSigner([try SigningSecret(own)])))
    }

    @Test func aPoorSecretIsRefusedAndNotShown() {
        let error = #expect(throws: RepriseError.self) {
            try Settings.load(
                file: nil, environment: ["REPRISE_OUTGOING_SIGNING_SECRET": "a-poor-secret"])
        }
        #expect(error?.message.contains("REPRISE_OUTGOING_SIGNING_SECRET") == true)
        #expect(error?.message.contains("a-poor-secret") == false)
    }
}
