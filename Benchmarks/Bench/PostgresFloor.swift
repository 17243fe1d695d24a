import Foundation
import ReprisePostgres

/// A PostgreSQL server of its own, with a table of sessions; three commits for each session.
final class PostgresFloor {
    private let directory: String
    private let binaries: String
    private let clients: Int
    private let server = Process()
    /// Put before every command: the server refuses to run as root.
    private let runner: [String]
    private static let port = "54329"

    private static let schema = """
        CREATE TABLE sessions (id bigint PRIMARY KEY, kind text NOT NULL, due timestamptz NOT NULL,
          data bytea NOT NULL);
        CREATE INDEX ON sessions (due);
        """
    private static let script = """
        \\set id random(1, 9000000000000000000)
        INSERT INTO sessions VALUES (:id, 'bench.session', now() + interval '30 s',
          decode(repeat('78', 256), 'hex'));
        UPDATE sessions SET due = now() + interval '30 s',
          data = data || decode(repeat('79', 32), 'hex') WHERE id = :id;
        DELETE FROM sessions WHERE id = :id;
        """

    /// Nil where PostgreSQL is not installed, or nobody is there to run it as.
    init?(directory: String, clients: Int) throws {
        let folder = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard let version = versions.compactMap({ Int($0) }).max(),
            access("\(folder)/\(version)/bin/initdb", X_OK) == 0, find("pgbench") != nil
        else { return nil }
        self.directory = directory
        self.clients = clients
        binaries = "\(folder)/\(version)/bin"
        if getuid() == 0 {
            guard find("runuser") != nil, getpwnam("postgres") != nil else { return nil }
            runner = ["runuser", "-u", "postgres", "--"]
        } else {
            runner = []
        }
        try start()
    }

    private func start() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try letIn()
        _ = try call(
            "\(binaries)/initdb", "-D", "\(directory)/data", "-A", "trust", "--no-sync", "-U",
            "postgres")
        try launch()
        let script = "\(directory)/script.sql"
        try Self.script.write(toFile: script, atomically: false, encoding: .utf8)
        chmod(script, 0o644)
        _ = try call(
            "\(binaries)/psql", "-h", directory, "-p", Self.port, "-U", "postgres", "-c",
            Self.schema)
    }

    /// The server as a child of this process, until it answers.
    private func launch() throws {
        let words =
            runner + [
                "\(binaries)/postgres", "-D", "\(directory)/data", "-p", Self.port, "-k", directory,
                "-c", "listen_addresses=", "-c", "max_connections=200", "-c",
                "max_prepared_transactions=100", "-c",
                "shared_buffers=256MB",
            ]
        server.executableURL = URL(fileURLWithPath: find(words[0]) ?? words[0])
        server.arguments = Array(words.dropFirst())
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        for _ in 0..<300 {
            let ready = try? call("\(binaries)/pg_isready", "-h", directory, "-p", Self.port)
            if ready != nil { return }
            usleep(100_000)
        }
        throw BenchmarkFailure(description: "PostgreSQL did not start")
    }

    /// The server's user must be able to reach the directory.
    private func letIn() throws {
        guard let user = getuid() == 0 ? getpwnam("postgres") : nil else { return }
        chown(directory, user.pointee.pw_uid, user.pointee.pw_gid)
        var parent = URL(fileURLWithPath: directory)
        for _ in 0..<2 {
            parent.deleteLastPathComponent()
            chmod(parent.path, 0o755)
        }
    }

    /// Whole sessions a second.
    func run(seconds: Double) throws -> Double {
        // A count, not a time: its clock is SIGALRM, which a child of this process has blocked.
        let text = try call(
            "pgbench", "-h", directory, "-p", Self.port, "-U", "postgres", "-n", "-M", "prepared",
            "-c", String(clients), "-j", "2", "-t", String(max(20, Int(seconds * 80))), "-f",
            "\(directory)/script.sql", "postgres")
        for line in text.split(separator: "\n") where line.hasPrefix("tps = ") {
            if let rate = Double(line.dropFirst(6).prefix { $0 != " " }) { return rate }
        }
        throw BenchmarkFailure(description: "pgbench printed no rate: \(text.suffix(300))")
    }

    /// A database of its own on this server.
    func resource(_ name: String) throws -> PostgresResource {
        _ = try call(
            "\(binaries)/createdb", "-h", directory, "-p", Self.port, "-U", "postgres", name)
        return try PostgresResource(
            name: name,
            connection: PostgresConnectionString(
                "host=\(directory) port=\(Self.port) user=postgres dbname=\(name)"))
    }

    func stop() {
        // No client is left that a shutdown would wait for.
        server.terminate()
        server.waitUntilExit()
    }

    private func call(_ words: String...) throws -> String {
        let words = runner + words
        return try output(of: words[0], Array(words.dropFirst()), directory: directory) ?? ""
    }
}
