internal import Foundation

/// Who takes part, how each is started, and what they are told.
struct Cast: Sendable {
    var world: World
    let processes: Processes
    let options: Demo.Options
    let prefix: String

    var configurationFile: String { world.path("reprise.yaml") }
    private var isEmbedded: Bool { options.brokers == nil }

    // MARK: Starting

    /// Broker and services; they live to the end.
    mutating func startStage() async throws {
        if let brokers = options.brokers {
            world.brokers = brokers
            try world.save()
        } else {
            try world.save()
            world.brokers = try await startPart("broker")
        }
        world.users = try port(try await startPart("users"))
        world.profiles = try port(try await startPart("profiles"))
        try world.save()
        world.handler = try port(try await startPart("handler"))
        try configuration.write(toFile: configurationFile, atomically: true, encoding: .utf8)
    }

    mutating func startNode() async throws {
        try await start("node")
        world.node = try port(try await answer("node"))
        try world.save()
    }

    /// Starts `name` anew; one that had a port gets the same.
    func start(_ name: String) async throws {
        let file = world.path("\(name).port")
        try? FileManager.default.removeItem(atPath: file)
        try await processes.start(name, arguments(name, file))
    }

    private func startPart(_ name: String) async throws -> String {
        try await start(name)
        return try await answer(name)
    }

    /// What it wrote to its port file.
    func answer(_ name: String) async throws -> String {
        for _ in 0..<600 {
            if let text = PortFile.read(world.path("\(name).port")) { return text }
            if let ended = await processes.ended().first {
                throw DemoError("\(ended.name) ended at its start: \(ended.how)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw DemoError("\(name) did not start within 30 s")
    }

    private func port(_ text: String) throws -> Int {
        guard let port = Int(text) else { throw DemoError("\"\(text)\" is not a port") }
        return port
    }

    // MARK: Arguments

    private func arguments(_ name: String, _ portFile: String) -> [String] {
        let parts = name.split(separator: "-")
        let common = [
            "--config", configurationFile, "--port-file", portFile, "--set", "node=\(name)",
        ]
        switch parts[0] {
        case "node": return ["serve"] + common + ["--set", "server.port=\(world.node)"]
        case "worker":
            let directory = world.path("\(name).checkpoints")
            var own = ["server.port=0", "recovery.checkpointDirectory=\(directory)"]
            // Not every broker notices a dead member while others join; a member that returns
            // under its own name needs no such notice.
            if !isEmbedded { own.append("recovery.instanceID=\(name)") }
            return ["worker"] + common + own.flatMap { ["--set", $0] }
        default:
            let ports = [
                "handler": world.handler, "users": world.users, "profiles": world.profiles,
            ]
            return [
                "demo-part", "\(parts[0])", "--directory", world.directory, "--port",
                "\(ports[name] ?? 0)", "--number", "\(parts.dropFirst().first ?? "0")",
            ]
        }
    }

    private var configuration: String {
        """
        journal:
          directory: "\(world.path("journal"))"
        kafka:
          brokers: "\(world.brokers)"
        topics:
          prefix: "\(prefix)"
          partitions: \(World.partitions)
          checksPolicies: \(!isEmbedded)
        recovery:
          group: "\(prefix).recovery"
          assignor: "\(options.assignor ?? "cooperative-sticky")"
          clockAllowance: 300ms
          markInterval: 1s
          trims: \(!isEmbedded)
          sessionTimeout: \(isEmbedded ? "4s" : "6s")
          drainTimeout: 2s
        kinds:
          \(World.kind):
            lease: \(World.lease)ms
            retry: { firstDelay: 100ms, maxDelay: 1s, maxAttempts: 30 }
            breaker: { openFor: 500ms, maxOpenFor: 1s }
            handler: { url: "\(World.url(world.handler))\(World.handlerPath)", timeout: 3s }

        """
    }
}
