import Model
import Platform
import TestSupport
import WAL

/// Drives a log through appends, flushes, rotation, retirement and reopening on a file system that
/// can lose power at any call, and holds what a restart finds against what was acknowledged.
struct CrashRun {
    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    static let directory = "/journal"
    var random: SimulatedRandom
    var fileSystem: SimulatedFileSystem
    /// Payload seeds of the frames that were appended, by number.
    var appended: [UInt64: UInt64] = [:]
    var acknowledged: UInt64 = 0
    var retired: UInt64 = 0
    var restarts = 0
    var lies = false

    init(seed: UInt64, fileSystem: SimulatedFileSystem = SimulatedFileSystem()) {
        random = SimulatedRandom(seed: seed)
        self.fileSystem = fileSystem
    }

    static var options: LogOptions {
        var options = LogOptions()
        options.segmentBytes = 4096
        options.maxBatchBytes = 1024
        options.maxBytes = 40960
        options.bufferBytes = 2048
        options.maxBufferBytes = 4096
        return options
    }

    static func payload(_ seed: UInt64) -> [UInt8] {
        var random = SimulatedRandom(seed: seed)
        let count = seed % 8 == 0 ? Int(random.next() % 700) : Int(random.next() % 90)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    // MARK: The run

    /// Works until the power goes or `steps` are done.
    mutating func work(steps: Int) throws(Violation) {
        do throws(RepriseError) {
            let log = try reopen()
            for _ in 0..<steps { try step(log) }
            while try flush(log) {}
        } catch {
            if fileSystem.hasPower { throw Violation(description: "refused: \(error)") }
        }
        if let failure { throw failure }
    }

    private var failure: Violation?

    private mutating func step(_ log: LogCore) throws(RepriseError) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6:
            let seed = random.next()
            let payload = CrashRun.payload(seed)
            do throws(RepriseError) {
                let lsn = try log.append(kind: 1, size: payload.count) {
                    $0.copyBytes(from: payload)
                }
                appended[lsn.rawValue] = seed
            } catch {
                guard error.code == .journalBusy || error.code == .diskFull else { throw error }
                while try flush(log) {}
                log.retire(before: LSN(acknowledged))
                retired = acknowledged
                try log.maintain()
            }
        case 6..<9: _ = try flush(log)
        default:
            if acknowledged > retired + 20 {
                retired = acknowledged - UInt64.random(in: 0..<20, using: &random)
                log.retire(before: LSN(retired))
            }
            try log.maintain()
        }
    }

    private mutating func flush(_ log: LogCore) throws(RepriseError) -> Bool {
        let more = try log.flushBatch()
        acknowledged = log.durable.rawValue
        return more
    }

    /// Power comes back; what is not synced has its fate.
    mutating func crash() {
        fileSystem = fileSystem.crash(using: &random)
        if lies { fileSystem.pretendToSync() }
        restarts += 1
    }

    // MARK: The check

    /// Every acknowledged frame that was not retired is there, in order, with its bytes.
    mutating func check() throws(Violation) {
        do throws(RepriseError) {
            _ = try reopen()
        } catch {
            throw Violation(description: "does not open: \(error)")
        }
        if let failure { throw failure }
    }

    private mutating func reopen() throws(RepriseError) -> LogCore {
        var found: [(UInt64, [UInt8])] = []
        let log = try LogCore.open(
            directory: CrashRun.directory, fileSystem: fileSystem, options: CrashRun.options,
            time: SimulatedTime(), newIdentity: random.next(),
            replay: { lsn, _, bytes in found.append((lsn.rawValue, Array(bytes))) })
        compare(found, last: log.durable.rawValue)
        // What was not acknowledged and is gone may be written again with the same number.
        appended = appended.filter { $0.key <= log.durable.rawValue }
        acknowledged = log.durable.rawValue
        return log
    }

    private mutating func compare(_ found: [(UInt64, [UInt8])], last: UInt64) {
        func fail(_ text: String) {
            if failure == nil { failure = Violation(description: text) }
        }
        if last < acknowledged { fail("acknowledged \(acknowledged), found up to \(last)") }
        if let first = found.first?.0, first > max(1, retired) {
            fail("retired below \(retired), but the first is \(first)")
        }
        for (place, frame) in found.enumerated() {
            if place > 0, frame.0 != found[place - 1].0 + 1 { fail("a gap before \(frame.0)") }
            guard let seed = appended[frame.0] else {
                fail("frame \(frame.0) was never appended")
                continue
            }
            if frame.1 != CrashRun.payload(seed) { fail("frame \(frame.0) has other bytes") }
        }
        if let end = found.last?.0, end != last { fail("the last is \(end), not \(last)") }
    }
}
