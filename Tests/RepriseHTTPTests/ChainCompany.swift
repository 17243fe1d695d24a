import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import PostgresSupport
import Synchronization
import TestSupport
import Testing

/// The processes a, b and c of a chain over one PostgreSQL server, each of which can be killed and started
/// again as it was.
final class ChainCompany: Sendable {
    enum Member: String, Sendable, CaseIterable {
        case a, b, c
    }

    /// What the caller of a knows when it is answered, or is not.
    enum Answer: Sendable, Hashable {
        case committed
        case rolledBack
        case unknown
    }

    let server: PostgresServer
    private let directory: TestDirectory
    private let client: HTTPClient
    /// Of the service and the API of each.
    private let ports: [Member: (Int, Int)]
    private let programs = Mutex<[Member: Program]>([:])

    init() async throws {
        server = try await PostgresServer.launch()
        directory = try TestDirectory("chain")
        client = HTTPClient(eventLoopGroupProvider: .singleton)
        var free = try FreePorts.find(6)
        var ports: [Member: (Int, Int)] = [:]
        for member in Member.allCases { ports[member] = (free.removeLast(), free.removeLast()) }
        self.ports = ports
    }

    private func service(_ member: Member) -> String {
        "http://127.0.0.1:\(ports[member]?.0 ?? 0)"
    }

    private func api(_ member: Member) -> String { "http://127.0.0.1:\(ports[member]?.1 ?? 0)" }

    /// Starts a member; returns when it answers.
    func start(_ member: Member, dies: String? = nil) async throws {
        let (servicePort, apiPort) = try #require(ports[member])
        var words = [
            "name=\(member)", "directory=\(directory.path)/\(member)",
            "connection=\(server.connection(.first))", "service=\(servicePort)", "api=\(apiPort)",
        ]
        if let next = member.next {
            words += ["next-service=\(service(next))", "next-api=\(api(next))"]
        }
        if let superior = member.superior {
            words += ["superior=\(superior)", "superior-api=\(api(superior))"]
        }
        if let dies { words.append("dies=\(dies)") }
        let program = try Program("chain-\(member)", ["\(Program.folder)/chain-process"] + words)
        programs.withLock { $0[member] = program }
        try await eventually("\(member) answers", seconds: 120, every: .milliseconds(20)) {
            if let status = program.status {
                throw Program.Failed(
                    description: "\(member) ended with \(status): \(program.errors.suffix(2_000))")
            }
            return await self.left(member) != nil
        }
    }

    /// Starts `reprise serve` in a member's place: over its journal, at its API's address.
    func substitute(_ member: Member) async throws {
        let (_, apiPort) = try #require(ports[member])
        let token = "\(directory.path)/token"
        try directory.write("a-token-between-processes", to: "token")
        try directory.write(server.connection(.first), to: "connection")
        for file in ["token", "connection"] { chmod("\(directory.path)/\(file)", 0o600) }
        func peer(_ group: String, _ name: String, _ member: Member?) -> String {
            guard let member else { return "" }
            return "  \(group): { \(name): { api: \"\(api(member))\", tokenFile: \(token) } }\n"
        }
        try directory.write(
            """
            node: \(member)
            journal: { directory: \(directory.path)/\(member), segmentBytes: 4MiB, maxBytes: 64MiB }
            server: { port: \(apiPort), tokenFile: \(token) }
            transactions:
              recoveryInterval: 1s
              resources: { table: { connectionFile: \(directory.path)/connection } }
            \(peer("participants", "next", member.next))\
            \(peer("coordinators", member.superior?.rawValue ?? "", member.superior))
            """, to: "\(member).yaml")
        unlink("\(directory.path)/port")
        let program = try Program(
            "substitute-\(member)",
            [
                "\(Program.folder)/reprise", "serve", "--config",
                "\(directory.path)/\(member).yaml", "--port-file", "\(directory.path)/port",
            ])
        programs.withLock { $0[member] = program }
        try await eventually("the substitute listens", seconds: 120, every: .milliseconds(20)) {
            if let status = program.status {
                throw Program.Failed(
                    description: "it ended with \(status): \(program.errors.suffix(2_000))")
            }
            return access("\(self.directory.path)/port", F_OK) == 0
        }
    }

    /// SIGKILL; returns when it is gone.
    func kill(_ member: Member) async throws {
        try await programs.withLock { $0[member] }?.kill()
    }

    /// Whether the member has ended, by itself or not.
    func isGone(_ member: Member) -> Bool { programs.withLock { $0[member] }?.status != nil }

    func close() async throws {
        for member in Member.allCases { try await kill(member) }
        try await client.shutdown()
    }

    /// Asks a to write `key` in all three.
    func write(_ key: String) async -> Answer {
        var request = HTTPClientRequest(url: "\(service(.a))/work/\(key)")
        request.method = .POST
        guard let response = try? await client.execute(request, timeout: .seconds(60)) else {
            return .unknown
        }
        if response.status == .ok { return .committed }
        guard let body = try? await response.body.collect(upTo: 1 << 20) else { return .unknown }
        return String(buffer: body).contains("transactionRolledBack") ? .rolledBack : .unknown
    }

    /// Unfinished transactions; nil where nobody answers.
    private func left(_ member: Member) async -> Int? {
        let request = HTTPClientRequest(url: "\(service(member))/left")
        guard let response = try? await client.execute(request, timeout: .seconds(5)),
            let body = try? await response.body.collect(upTo: 1 << 10)
        else { return nil }
        return Int(String(buffer: body))
    }

    /// Returns when no database and none of `members` has anything unfinished.
    func finished(_ members: [Member] = Member.allCases) async throws {
        try await eventually("nothing is left", seconds: 120, every: .milliseconds(100)) {
            for member in members where await self.left(member) != 0 { return false }
            return try await self.server.run("SELECT gid FROM pg_prepared_xacts").isEmpty
        }
    }

    /// Who has written which key.
    func entries() async throws -> [String: Set<String>] {
        var entries: [String: Set<String>] = [:]
        for text in try await server.run("SELECT key FROM entries") {
            let parts = try #require(text).split(separator: "-", maxSplits: 1).map(String.init)
            entries[parts[1], default: []].insert(parts[0])
        }
        return entries
    }
}

extension ChainCompany.Member: CustomStringConvertible {
    var description: String { rawValue }

    var next: ChainCompany.Member? {
        switch self {
        case .a: .b
        case .b: .c
        case .c: nil
        }
    }

    var superior: ChainCompany.Member? {
        switch self {
        case .a: nil
        case .b: .a
        case .c: .b
        }
    }
}

/// Ports of the loopback address that nobody has: a process that is started again needs the same ones.
private enum FreePorts {
    struct None: Error {}

    static func find(_ count: Int) throws -> [Int] {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw None() }
            descriptors.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
                }
            }
            guard isNamed else { throw None() }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }
}
