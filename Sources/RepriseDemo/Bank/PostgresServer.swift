internal import Foundation
internal import Glibc

/// A PostgreSQL server of the run's own: in the run's directory, on a Unix socket, as a process like
/// the others. PostgreSQL refuses to be root, so root gives it to another user.
struct PostgresServer: Sendable {
    static let role = "reprise"
    static let process = "postgres"

    let folder: String
    private let binaries: String
    private let user: (id: uid_t, group: gid_t)?

    /// Nil where PostgreSQL is not installed.
    init?(in world: World) throws {
        guard let binaries = PostgresServer.folderOfBinaries() else { return nil }
        self.binaries = binaries
        folder = world.path("pg")
        user = getuid() == 0 ? PostgresServer.unprivileged : nil
        guard getuid() != 0 || user != nil else { return nil }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        guard let user else { return }
        guard chown(folder, user.id, user.group) == 0 else {
            throw DemoError("cannot give \(folder) to PostgreSQL's user")
        }
    }

    /// Makes the cluster.
    var creation: [String] {
        command(
            "initdb",
            [
                "-D", "\(folder)/data", "-U", PostgresServer.role, "-A", "trust", "-E", "UTF8",
                "--no-locale", "--no-sync",
            ])
    }

    /// The server, in the foreground: the process that is started is the postmaster.
    var start: [String] {
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(folder)",
            "max_prepared_transactions=200", "max_connections=150", "shared_buffers=16MB",
        ]
        return command("postgres", ["-D", "\(folder)/data"] + settings.flatMap { ["-c", $0] })
    }

    func creation(of side: Side) -> [String] {
        command("createdb", ["-h", folder, "-U", PostgresServer.role, side.rawValue])
    }

    /// Whether it answers.
    var check: [String] { command("pg_isready", ["-q", "-h", folder, "-U", PostgresServer.role]) }

    /// From a directory that its user may see, and as that user; the shell becomes the program.
    private func command(_ program: String, _ arguments: [String]) -> [String] {
        var words = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder]
        if let user {
            words += [
                "setpriv", "--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups",
            ]
        }
        return words + ["\(binaries)/\(program)"] + arguments
    }

    private static func folderOfBinaries() -> String? {
        // Where Debian keeps what is not meant to be called by hand.
        let versions = "/usr/lib/postgresql"
        let installed = (try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []
        let newest = installed.compactMap { Int($0) }.sorted(by: >)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders =
            newest.map { "\(versions)/\($0)/bin" } + path.split(separator: ":").map(String.init)
        return folders.first { folder in
            ["initdb", "postgres", "createdb", "pg_isready"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
            }
        }
    }

    private static var unprivileged: (id: uid_t, group: gid_t)? {
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) { return (entry.pointee.pw_uid, entry.pointee.pw_gid) }
        }
        return nil
    }
}
