internal import Foundation
package import Kafka
internal import Model
internal import Synchronization

/// A Kafka broker in a process of its own, for integration tests: `noida-db` out of `.venv`, or
/// whatever `REPRISE_TEST_BROKERS=host:port,...` names.
///
/// `noida-db` keeps everything in memory and in a fresh folder: make outages with `pause`, not by
/// ending it. Cooperative-sticky groups never settle there: use `range`.
package final class TestBroker: Sendable {
    package struct Unavailable: Error, CustomStringConvertible {
        package let description: String
    }

    package let configuration: KafkaConfiguration
    private let child: Child?

    private struct Child: Sendable {
        let pid: Int32
        /// The shell around the broker ends it when this pipe closes: also when this process dies.
        let lifeline: FileHandle
    }

    private init(configuration: KafkaConfiguration, child: Child?) {
        self.configuration = configuration
        self.child = child
    }

    deinit { stop() }

    /// The broker that the tests of this process share.
    package static func shared() async throws -> TestBroker {
        try await sharedTask.value
    }

    private static let sharedTask = Task { try await TestBroker.start() }
    private static let run = String(UInt32.random(in: 0 ... .max), radix: 36)
    private static let lastName = Mutex(0)

    /// A topic or group name that nobody else uses, on a broker that outlives this run.
    package static func unique(_ name: String) -> String {
        let number = lastName.withLock {
            $0 += 1
            return $0
        }
        return "\(name)-\(run)-\(number)"
    }

    /// Starts a broker of its own, or takes the one that the environment names, and waits until it
    /// answers.
    package static func start() async throws -> TestBroker {
        let broker: TestBroker
        if let named = ProcessInfo.processInfo.environment["REPRISE_TEST_BROKERS"], !named.isEmpty {
            let list = named.split(separator: ",").map(String.init)
            broker = TestBroker(configuration: KafkaConfiguration(brokers: list), child: nil)
        } else {
            broker = try launch()
        }
        let admin = try KafkaAdmin(broker.configuration, timeout: .seconds(60))
        do {
            _ = try await admin.checkReachable()
        } catch {
            await admin.close()
            throw error
        }
        await admin.close()
        return broker
    }

    /// Whether `pause` and `resume` can be used.
    package var isOwn: Bool { child != nil }

    /// Freezes the broker's process: connections stay, nothing is answered.
    package func pause() { signal(SIGSTOP) }

    package func resume() { signal(SIGCONT) }

    /// Ends the broker's process; its folder is removed.
    package func stop() {
        try? child?.lifeline.close()
    }

    private func signal(_ number: Int32) {
        if let child { kill(child.pid, number) }
    }

    // MARK: Launching

    private static let script = #"""
        for binary in "$1"/.venv/lib/python3*/site-packages/noida_db/noida-db; do :; done
        folder=$(mktemp -d) || exit 1
        "$binary" start --only kafka --kafka-port "$2" --data-dir "$folder/data" \
            </dev/null >"$folder/log" 2>&1 &
        broker=$!
        echo "$broker"
        cat >/dev/null
        kill -CONT "$broker"
        kill -KILL "$broker"
        wait "$broker" 2>/dev/null
        rm -rf "$folder"
        """#

    private static var packageRoot: URL {
        // Tests/Support/TestSupport/TestBroker.swift
        (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
    }

    private static func launch() throws -> TestBroker {
        let root = packageRoot
        let command = root.appendingPathComponent(".venv/bin/noida-db").path
        guard FileManager.default.isExecutableFile(atPath: command) else {
            throw Unavailable(
                description: "the test broker is not installed: run scripts/install-deps.sh, or set"
                    + " REPRISE_TEST_BROKERS=host:port")
        }
        let port = try freePort()
        let input = Pipe()
        let output = Pipe()
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script, "sh", root.path, String(port)]
        shell.standardInput = input
        shell.standardOutput = output
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let pid = Int32(line.prefix { $0.isNumber }) else {
            throw Unavailable(description: "the test broker did not start")
        }
        return TestBroker(
            configuration: KafkaConfiguration(brokers: ["127.0.0.1:\(port)"]),
            child: Child(pid: pid, lifeline: input.fileHandleForWriting))
    }

    /// A port that was free a moment ago.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        if !done { throw Unavailable(description: "no port is free for the test broker") }
        return UInt16(bigEndian: address.sin_port)
    }
}
