internal import Foundation
internal import Synchronization
internal import TestSupport

/// The shell that starts a server, kills it when told to, and cleans up when this process is gone.
final class Keeper: Sendable {
    let folder: String
    private let orders: FileHandle
    private let answers: FileHandle

    private init(folder: String, orders: FileHandle, answers: FileHandle) {
        self.folder = folder
        self.orders = orders
        self.answers = answers
    }

    deinit {
        try? orders.close()
    }

    /// Makes a new database cluster and starts it.
    static func start() async throws -> Keeper {
        let binaries = try folderOfBinaries()
        return try await blocking {
            let input = Pipe()
            let output = Pipe()
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/bin/sh")
            shell.arguments = ["-c", script, "sh", binaries]
            shell.standardInput = input
            shell.standardOutput = output
            shell.standardError = FileHandle.nullDevice
            try shell.run()
            let answers = output.fileHandleForReading
            let answer = line(answers)
            guard answer.hasPrefix("/") else {
                throw PostgresServer.Unavailable(description: answer)
            }
            return Keeper(
                folder: answer, orders: input.fileHandleForWriting, answers: answers)
        }
    }

    func order(_ order: String) async throws {
        let answer = try await blocking { [self] in
            try orders.write(contentsOf: Data("\(order)\n".utf8))
            return Keeper.line(answers)
        }
        guard answer == "done" else { throw PostgresServer.Unavailable(description: answer) }
    }

    /// One answer; the shell writes each at once.
    private static func line(_ answers: FileHandle) -> String {
        let text = String(decoding: answers.availableData, as: UTF8.self)
            .trimmingCharacters(in: .newlines)
        return text.isEmpty ? "the test server's shell has ended" : text
    }

    private static func folderOfBinaries() throws -> String {
        var folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map(String.init)
        // Where Debian keeps what is not meant to be called by hand.
        let versions = "/usr/lib/postgresql"
        let installed = (try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []
        let newest = installed.compactMap { Int($0) }.sorted(by: >)
        folders = newest.map { "\(versions)/\($0)/bin" } + folders
        let found = folders.first { folder in
            ["initdb", "pg_ctl"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
            }
        }
        guard let found else {
            throw PostgresServer.Unavailable(
                description: "PostgreSQL is not installed: run scripts/install-deps.sh, or set"
                    + " REPRISE_TEST_POSTGRES='host=... user=...'")
        }
        return found
    }

    /// PostgreSQL refuses to run as root. Its own user can read what it needs; nobody can always be
    /// found.
    private static let script = #"""
        trap '' INT TERM HUP PIPE
        umask 077
        bin=$1
        folder=$(mktemp -d /tmp/reprise-pg.XXXXXX) || exit 1
        run() { "$@"; }
        if [ "$(id -u)" = 0 ]; then
            user=postgres
            id "$user" >/dev/null 2>&1 || user=nobody
            chown "$user" "$folder"
            uid=$(id -u "$user")
            gid=$(id -g "$user")
            run() { setpriv --reuid="$uid" --regid="$gid" --clear-groups "$@"; }
        fi
        cd "$folder" || exit 1
        fail() {
            # Files of the two users: neither can write the other's.
            cat "$folder"/*.log | tail -n 20 | tr '\n' ' '
            rm -rf "$folder"
            exit 1
        }
        start() {
            tries=0
            # Right after a crash the old server's processes may still be going away.
            until run "$bin/pg_ctl" -D "$folder/data" -s -w -t 120 -l "$folder/server.log" start \
                </dev/null >/dev/null 2>&1; do
                tries=$((tries + 1))
                [ "$tries" -lt 60 ] || fail
                sleep 1
            done
        }
        server() { head -n 1 "$folder/data/postmaster.pid" 2>/dev/null; }
        run "$bin/initdb" -D "$folder/data" -U reprise -A trust -E UTF8 --no-locale --no-sync \
            </dev/null >"$folder/initdb.log" 2>&1 || fail
        cat >>"$folder/data/postgresql.conf" <<END
        listen_addresses = ''
        unix_socket_directories = '$folder'
        max_prepared_transactions = 200
        max_connections = 200
        shared_buffers = 16MB
        fsync = on
        END
        start
        echo "$folder"
        while read -r order; do
            case $order in
            kill)
                pid=$(server)
                kill -KILL "$pid"
                while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
                ;;
            start) start ;;
            esac
            echo done
        done
        run "$bin/pg_ctl" -D "$folder/data" -s -m immediate -t 20 stop >/dev/null 2>&1
        pid=$(server)
        [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
        rm -rf "$folder"
        """#
}
