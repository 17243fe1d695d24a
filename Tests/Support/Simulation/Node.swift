internal import Journal
internal import Model
internal import Platform
internal import Sessions
internal import TestSupport
internal import WAL

/// A node: its disk, its clock, and the process that runs on it or does not. Drives `LogCore` and
/// `JournalCore` as `Journal` does, with every step in the schedule's hand.
final class Node {
    unowned let world: World
    let index: Int
    var skew: Milliseconds = 0
    var files = SimulatedFileSystem()
    var process: NodeProcess?
    var watch: JournalWatch
    private(set) var restarts = 0

    init(_ world: World, index: Int) {
        self.world = world
        self.index = index
        watch = JournalWatch("node \(index)", findings: world.findings)
        if world.mutation == .diskPretendsToSync { files.pretendToSync() }
        if world.scenario.isCramped {
            files.setCapacity(bytes: Node.options.segmentBytes * 2 + 600)
        }
    }

    var now: Timestamp { world.time + skew }
    var isUp: Bool { process != nil }

    static let options: LogOptions = {
        var options = LogOptions()
        options.segmentBytes = 1_792
        options.maxBatchBytes = 800
        options.maxBytes = 1_792 * 64
        options.spareSegments = 1
        options.bufferBytes = 1_024
        options.maxBufferBytes = 4_096
        return options
    }()

    // MARK: Starting

    /// Tries to open the journal; what the disk refuses leaves the node down for now.
    func start() {
        guard process == nil else { return }
        restarts += 1
        attempt { () throws(RepriseError) in
            var found: [(sequence: UInt64, kind: UInt8, bytes: [UInt8])] = []
            let core = CoreBox(
                JournalCore(
                    limits: Limits(), mirrored: self.world.scenario.isMirrored,
                    fallback: self.world.scenario.fallback))
            let log = try LogCore.open(
                directory: "/journal", fileSystem: self.files, options: Node.options,
                time: SimulatedTime(self.now), newIdentity: self.world.dice.bits() | 1,
                replay: { (lsn, kind, bytes) throws(RepriseError) in
                    found.append((lsn.rawValue, kind, Array(bytes)))
                    try core.value.replay(kind, bytes, sequence: lsn.rawValue)
                })
            if log.tornTail != nil { self.world.reached(.tornTail) }
            if let first = found.first, first.sequence > 1 { self.world.reached(.journalRetired) }
            self.world.trace.note(
                "node \(self.index) starts, journal \(found.first?.sequence ?? 0)..."
                    + "\(log.durable)")
            self.watch.replayed(found, durable: log.durable.rawValue, table: core.value.table)
            let process = NodeProcess(self, log: log, core: core.value, found: found)
            self.process = process
            try process.begin()
        }
    }

    // MARK: Dying

    /// Runs what may fail through its disk; a failure that a process does not survive ends it.
    @discardableResult
    func attempt<Result>(_ body: () throws(RepriseError) -> Result) -> Result? {
        do throws(RepriseError) {
            return try body()
        } catch {
            failed(error)
            return nil
        }
    }

    private func failed(_ error: RepriseError) {
        world.trace.note("node \(index): \(error.code): \(error.message) \(error.cause ?? "")")
        guard files.hasPower else {
            die(losingPower: true)
            return
        }
        if error.code == .journalPoisoned { world.reached(.journalPoisoned) }
        switch error.code {
        case .journalPoisoned, .journalIO: die(losingPower: false)
        case .diskFull, .journalBusy:
            // A running node goes on; one that could not start stays down.
            if process?.hasBegun == false { die(losingPower: false) }
        default: world.findings.fail(.survivesFaults, "node \(index): \(error)")
        }
    }

    /// kill -9, or the machine goes with what it had not synced.
    func die(losingPower: Bool) {
        guard process != nil || losingPower || !files.hasPower else {
            // It never came up; the files stay as they are.
            files = files.kill()
            return
        }
        world.reached(losingPower ? .nodeLostPower : .nodeKilled)
        world.trace.note("node \(index) \(losingPower ? "loses power" : "is killed")")
        if let process { process.abandon() }
        process = nil
        files = losingPower ? files.crash(using: &world.dice.random) : files.kill()
        if world.mutation == .diskPretendsToSync { files.pretendToSync() }
    }
}

/// The replay closure escapes; the core it builds is carried here meanwhile.
private final class CoreBox {
    var value: JournalCore

    init(_ value: JournalCore) { self.value = value }
}
