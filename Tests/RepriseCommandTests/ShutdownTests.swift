import ArgumentParser
import Foundation
import Model
import RepriseServer
import TestSupport
import Testing

@testable import RepriseCommand

/// `reprise serve` as a process, and how it ends.
@Suite(.timeLimit(.minutes(10))) struct ShutdownTests {
    private struct Served {
        let directory: TestDirectory
        let program: Program
        let port: String

        /// - Parameter redirection: of its standard error, as the shell has it.
        init(_ settings: [String], redirection: String = "") async throws {
            let directory = try TestDirectory("shutdown")
            self.directory = directory
            let file = directory.path + "/port"
            let flags =
                settings + [
                    "journal.directory=\(directory.path)/journal", "journal.segmentBytes=4MiB",
                    "journal.maxBytes=64MiB", "server.port=0", "kinds.order.lease=1h",
                ]
            let words = flags.flatMap { ["--set", $0] } + ["--port-file", file]
            let program = try Program(
                "serve",
                ["/bin/sh", "-c", "exec \"$@\" \(redirection)", "sh", "\(Program.folder)/reprise"]
                    + ["serve"] + words)
            self.program = program
            let port = Probe("")
            try await program.wait("its port") { _ in
                let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
                port.update { $0 = text.trimmingCharacters(in: .whitespacesAndNewlines) }
                return text.hasSuffix("\n")
            }
            self.port = port.read { $0 }
        }

        var node: NodeSource {
            get throws {
                let settings = try Settings.load(file: nil, environment: [:])
                return try NodeSource(url: "http://127.0.0.1:\(port)", settings)
            }
        }

        func open(_ acknowledgement: String = "local") async throws {
            _ = try await node.send(
                .POST, "/v1/sessions",
                ["kind": "order", "recordText": "a", "acknowledgement": acknowledgement])
        }
    }

    @Test func `a request that waits for a Kafka which is away does not keep the process`()
        async throws
    {
        let served = try await Served(["kafka.brokers=127.0.0.1:1"])
        let waiting = Task {
            do {
                try await served.open("mirrored")
                return nil as RepriseError?
            } catch {
                return error as? RepriseError
            }
        }
        try await eventually("the session is open", seconds: 60, every: .milliseconds(50)) {
            try await served.node.list(kind: "order", phase: nil, limit: 10).count == 1
        }
        #expect(try await served.program.stop() == 0)
        // Nobody knows whether Kafka will have it.
        #expect(await waiting.value?.code == .outcomeUnknown)
    }

    @Test func `a log that cannot be written does not end the process`() async throws {
        let served = try await Served(["log.format=json"], redirection: "2>/dev/full")
        try await served.open()
        #expect(try await served.program.stop() == 0)
    }

    @Test func `settings that do not fit together are not taken over in part`() throws {
        let directory = try TestDirectory("reload")
        let file = directory.path + "/reprise.yaml"
        try Data("defaults: { breaker: { openFor: 10m } }\n".utf8).write(
            to: URL(filePath: file))
        let options = try SettingsOptions.parse(["--config", file])
        let error = #expect(throws: RepriseError.self) { try options.reload() }
        #expect(error?.code == .configuration)
    }
}
