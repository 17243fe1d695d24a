import Foundation
import TestSupport
import Testing

/// What a team in Python starts from: the client and the handler of Examples/python, made from the
/// OpenAPI document, with a node in a process of its own.
@Suite(.timeLimit(.minutes(5)), .serialized) struct PythonClientTests {
    private let directory: TestDirectory
    private let environment: [String: String]
    private let handler: Program
    private let handlerURL: String
    private let node: Program

    init() async throws {
        directory = try TestDirectory("python-client")
        let folder = directory.path
        func file(_ name: String, _ text: String) throws -> String {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
            return "\(folder)/\(name)"
        }
        let secret = String(repeating: "0123456789abcdef", count: 4)
        let secretFile = try file("secret", "\(secret)\n")
        let tokenFile = try file("token", "a-token-for-the-python-test\n")
        var environment = [
            "REPRISE_GENERATED": try await Python.generated(),
            "REPRISE_USERS": "\(folder)/users.sqlite",
            "REPRISE_SIGNING_SECRET_FILE": secretFile,
            "REPRISE_TOKEN_FILE": tokenFile,
        ]
        handler = try Python.program(
            "handler", "Examples/python/handler.py", environment: environment)
        try await handler.wait("where it listens") { $0.count == 1 }
        handlerURL = try #require(handler.lines.first)

        let configuration = try file(
            "node.json",
            """
            {
              "node": "node-1",
              "journal": { "directory": "\(folder)/journal" },
              "server": { "port": 0, "tokenFile": "\(tokenFile)" },
              "outgoing": { "signingSecretFile": "\(secretFile)" },
              "kinds": {
                "user.create": {
                  "handler": { "url": "\(handlerURL)/recover?from=node-1" },
                  "retry": { "maxAttempts": 100, "firstDelay": "10ms", "maxDelay": "1s" }
                }
              }
            }
            """)
        let portFile = "\(folder)/port"
        node = try Program(
            "node",
            [
                "\(Program.folder)/reprise", "serve", "--config", configuration, "--port-file",
                portFile,
            ])
        let port = Probe("")
        try await node.wait("its port") { _ in
            let text = (try? String(contentsOfFile: portFile, encoding: .utf8)) ?? ""
            guard text.hasSuffix("\n") else { return false }
            port.update { $0 = text.trimmingCharacters(in: .whitespacesAndNewlines) }
            return true
        }
        environment["REPRISE_URL"] = "http://127.0.0.1:\(port.read { $0 })"
        self.environment = environment
    }

    private func signUp(_ arguments: [String]) async throws -> (
        exit: Int32, lines: [[Substring]], errors: String
    ) {
        let done = try await Python.run(
            "sign-up", "Examples/python/sign_up.py", arguments, environment: environment)
        return (done.exit, done.lines.map { $0.split(separator: " ") }, done.errors)
    }

    @Test func `a client opens and completes sessions, and a handler ends those of a dead one`()
        async throws
    {
        let done = try await signUp(["ada", "bob"])
        #expect(done.exit == 0, "\(done.errors)")
        #expect(
            done.lines.map { $0.prefix(3).joined(separator: " ") }
                == ["signed up ada", "signed up bob"])

        let died = try await signUp(["--die", "eve"])
        #expect(died.exit == 128 + SIGKILL, "\(died.errors)")
        let session = try #require(died.lines.last?.last)
        try await handler.wait("the run of \(session)") {
            $0.contains("run user.create \(session) 200")
        }

        // Only what was left was handed out; it was done once, and nothing of it is there any more.
        let runs = handler.lines.dropFirst().filter { $0.hasSuffix(" 200") }
        #expect(runs == ["run user.create \(session) 200"], "\(handler.errors)")
        let end = try await Python.run(
            "look", "Tests/ExampleTests/Programs/look.py", [String(session)],
            environment: environment)
        #expect(end.exit == 0, "\(end.errors)")
        #expect(end.lines == ["users ada bob eve", "mails 3", "ended"])

        #expect(try await node.stop() == 0, "\(node.errors)")
        #expect(try await handler.stop() == 0, "\(handler.errors)")
    }

    @Test func `a handler does nothing for those who do not have the secret`() async throws {
        let posts = try await Python.run(
            "posts", "Tests/ExampleTests/Programs/posts.py", [handlerURL], environment: environment)
        #expect(posts.exit == 0, "\(posts.errors)")
        #expect(
            posts.lines == [
                "unsigned 401", "guessed 401", "old 401", "changed 401", "elsewhere 401",
                "unreadable 400", "signed 422",
            ])
        #expect(handler.lines.count == 2, "where it listens, and one run: \(handler.lines)")
        // A client without the token is told so, with the code.
        var stranger = environment
        stranger["REPRISE_TOKEN_FILE"] = nil
        let refused = try await Python.run(
            "stranger", "Examples/python/sign_up.py", ["mallory"], environment: stranger)
        #expect(refused.exit != 0)
        #expect(refused.errors.contains("Refused: unauthorized"), "\(refused.errors)")
    }

    @Test func `what a node answers is what the OpenAPI document says`() async throws {
        let called = try await Python.run(
            "operations", "Tests/ExampleTests/Programs/operations.py", environment: environment)
        #expect(called.exit == 0, "\(called.errors)")
        #expect(called.lines.last?.split(separator: " ").count ?? 0 >= 30, "\(called.lines)")
    }
}
