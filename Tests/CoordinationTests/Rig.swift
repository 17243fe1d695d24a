import Coordination
import Journal
import Logging
import Model
import Platform
import Sessions
import Synchronization
import TestSupport
import Transactions
import WAL

/// A manager over a journal of its own, on a simulated disk. "Restarting" opens what a process left.
struct Rig: Sendable {
    static let kind = Kind(unchecked: "after.commit")
    /// Its sessions are the opener's for a while.
    static let leased = Kind(unchecked: "after.lease")
    static let lease: Milliseconds = 120_000

    let files: SimulatedFileSystem
    let journal: Journal
    let registry = ResourceRegistry()
    let manager: TransactionManager
    let recovery: TransactionRecovery
    let clock = Clock()
    let logged = Probe<[LoggedLine]>([])
    let poisoned = Probe<Int>(0)

    /// What differs from a manager as it comes.
    struct Setting {
        var options = TransactionOptions()
        var limits = Limits()
        var mirrored: CoordinationLog.Mirrored?
        var maxSegments = 64
        /// Small segments are made quickly.
        var segmentBytes = 64 << 10
        /// How long what is not forced waits for company.
        var lazyWait = LogOptions().lazyWait

        /// Decisions count once Kafka has them, which is when `isThere` says so.
        mutating func waitsForKafka(_ isThere: Probe<Bool>, asked: Probe<Int>) {
            options.acknowledgement = .mirrored
            mirrored = { _, _ throws(RepriseError) in
                asked.update { $0 += 1 }
                do {
                    try await isThere.wait("Kafka", seconds: 120) { $0 }
                } catch {
                    throw RepriseError(.outcomeUnknown, "\(error)")
                }
            }
        }
    }

    /// Milliseconds that a test moves.
    final class Clock: Sendable {
        private let now = Atomic<Int64>(1_000)
        var milliseconds: Milliseconds { now.load(ordering: .relaxed) }
        func advance(by milliseconds: Milliseconds) {
            now.wrappingAdd(milliseconds, ordering: .relaxed)
        }
    }

    init(
        _ resources: [any TransactionResource], files: SimulatedFileSystem = SimulatedFileSystem(),
        _ change: (inout Setting) -> Void = { _ in }
    ) throws {
        self.files = files
        var setting = Setting()
        setting.options.retry.firstDelay = 1
        setting.options.retry.maxDelay = 20
        change(&setting)
        let (logged, poisoned, clock) = (logged, poisoned, clock)
        let logger = Logger(label: "test", factory: { _ in LineHandler(lines: logged) })
        journal = try Journal.open(Rig.options(setting), files: files, logger: logger) { _ in
            poisoned.update { $0 += 1 }
        }
        for resource in resources { try registry.register(resource) }
        manager = TransactionManager(
            log: CoordinationLog(
                journal: journal, mirrored: setting.mirrored,
                monotonic: { clock.milliseconds }, logger: logger),
            resources: registry, options: setting.options)
        recovery = TransactionRecovery(manager)
    }

    private static func options(_ setting: Setting) -> Journal.Options {
        var leased = KindPolicy()
        leased.lease = lease
        var options = Journal.Options(
            node: "node", directory: "/journal", policies: [kind: KindPolicy(), Rig.leased: leased])
        options.log.maxBatchBytes = setting.segmentBytes / 4
        options.log.segmentBytes = setting.segmentBytes
        options.log.maxBytes = setting.maxSegments * setting.segmentBytes
        options.log.lazyWait = setting.lazyWait
        options.limits = setting.limits
        return options
    }

    /// Ends the process in good order; what is not finished stays so.
    func close() async {
        await recovery.stop()
        journal.close()
    }

    /// The next process, after this one has ended in good order.
    func restarted(
        _ resources: [any TransactionResource], _ change: (inout Setting) -> Void = { _ in }
    ) async throws -> Rig {
        await close()
        return try Rig(resources, files: files, change)
    }

    /// The next process, after this one was killed: what it still does reaches neither disk nor log.
    func killed(
        _ resources: [any TransactionResource], _ change: (inout Setting) -> Void = { _ in }
    ) async throws -> Rig {
        let files = files.kill()
        await close()
        return try Rig(resources, files: files, change)
    }

    /// The next process, after a loss of power: what was not synced may be there or not.
    func lostPower(
        seed: UInt64, _ resources: [any TransactionResource],
        _ change: (inout Setting) -> Void = { _ in }
    ) async throws -> Rig {
        var random = SimulatedRandom(seed: seed)
        let files = files.crash(using: &random)
        await close()
        return try Rig(resources, files: files, change)
    }

    /// The number of the last frame of the log.
    var appended: UInt64 { journal.log.appended.rawValue }

    /// Unfinished sessions.
    var sessions: Int { journal.withCore { $0.table.alive.total } }

    /// What the session holds; nil where it does not exist.
    func records(_ id: SessionID) -> [[UInt8]]? { journal.session(id)?.records }

    var identity: UInt64 { journal.writer.journal }

    var errors: [LoggedLine] { logged.read { $0.filter(\.isError) } }

    /// Returns when nothing is on its way to the disk.
    func idle() async throws {
        journal.log.flush()
        try await journal.log.waitDurable(journal.log.appended)
    }

    /// Everything is written and the spare segments are made: from now on a sync is a transaction's.
    @discardableResult
    func settled() async throws -> Int {
        try await idle()
        try await eventually("the spare segments are there", seconds: 60) {
            journal.log.space.spares == 2
        }
        return files.calls(of: .datasync)
    }

    /// The log has no unfinished transaction, and nobody is at work in one.
    func finished() async throws {
        try await eventually("every transaction is finished", seconds: 60) {
            manager.list().isEmpty
        }
    }
}

struct LoggedLine: Sendable {
    var isError: Bool
    var message: String
    var transaction: String?
    var error: String
    var code: String?
}

private struct LineHandler: LogHandler {
    let lines: Probe<[LoggedLine]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = LoggedLine(
            isError: event.level >= .error, message: event.message.description,
            transaction: event.metadata?["reprise.transaction.id"].map { "\($0)" },
            error: event.metadata?["reprise.error"].map { "\($0)" } ?? "",
            code: event.metadata?["reprise.error.code"].map { "\($0)" })
        lines.update { $0.append(line) }
    }
}
