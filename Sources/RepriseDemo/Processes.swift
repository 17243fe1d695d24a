internal import Foundation
internal import Glibc

/// The processes of a run, each with a log of its own. All are in one process group, whose first
/// member is the guardian: it ends the group when this process ends, however that happens.
actor Processes {
    private let directory: String
    private let program: String
    private var running: [String: pid_t] = [:]
    private var guardian: pid_t = 0
    private var lifeline: CInt = -1

    init(directory: String) throws {
        self.directory = directory
        program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    }

    func startGuardian() throws {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw DemoError("no pipe to be had") }
        // A child with a copy of the writing end would keep the guardian from noticing.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        lifeline = ends[1]
        guardian = try spawn("guardian", [program, "demo-part", "guardian"], input: ends[0])
        close(ends[0])
    }

    func start(_ name: String, _ arguments: [String]) throws {
        try start(name, program: [program] + arguments)
    }

    /// A program that is not this one: its path and its arguments.
    func start(_ name: String, program words: [String]) throws {
        running[name] = try spawn(name, words, input: nil)
    }

    /// False when it does not run.
    @discardableResult
    func kill(_ name: String, _ signal: CInt = SIGKILL) -> Bool {
        guard let process = running[name] else { return false }
        return Glibc.kill(process, signal) == 0
    }

    func isRunning(_ name: String) -> Bool { running[name] != nil }

    struct Ended: Sendable {
        var name: String
        /// As a person would say it.
        var how: String
        var wasKilled: Bool
        var succeeded: Bool
    }

    /// Those that ended since the last call.
    func ended() -> [Ended] {
        var found: [Ended] = []
        for (name, process) in running {
            var status: CInt = 0
            guard waitpid(process, &status, WNOHANG) == process else { continue }
            running[name] = nil
            let signal = status & 0x7F
            let code = status >> 8 & 0xFF
            found.append(
                Ended(
                    name: name, how: signal == 0 ? "exit status \(code)" : "signal \(signal)",
                    wasKilled: signal == SIGKILL, succeeded: signal == 0 && code == 0))
        }
        return found
    }

    /// SIGTERM, and SIGKILL for what is still there after some seconds.
    func endAll() async {
        for process in running.values { Glibc.kill(process, SIGTERM) }
        for _ in 0..<60 where !running.isEmpty {
            _ = ended()
            try? await Task.sleep(for: .milliseconds(50))
        }
        guard guardian > 0 else { return }
        Glibc.kill(-guardian, SIGKILL)
        for process in running.values { waitpid(process, nil, 0) }
        waitpid(guardian, nil, 0)
        close(lifeline)
        running = [:]
        guardian = 0
    }

    private func spawn(_ name: String, _ arguments: [String], input: CInt?) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, "\(directory)/\(name).log", O_WRONLY | O_CREAT | O_APPEND,
            0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        // What this process ignores or catches must not be ignored there.
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, guardian)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, arguments[0], &actions, &attributes, words, environ)
        guard result == 0 else { throw DemoError("cannot start \(name): error \(result)") }
        return process
    }
}
