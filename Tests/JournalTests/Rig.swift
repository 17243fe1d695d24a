import Journal
import Logging
import Model
import Platform
import Sessions
import TestSupport
import WAL

/// A journal over a simulated disk, with clocks that a test moves.
struct Rig: Sendable {
    static let kind = SessionTrace.kind
    static let lease: Milliseconds = 1_000

    let files: SimulatedFileSystem
    let time: SimulatedTime
    let journal: Journal
    let poisoned: Probe<[RepriseError]>

    init(
        _ files: SimulatedFileSystem = SimulatedFileSystem(), time: SimulatedTime = SimulatedTime(),
        mirrored: Bool = false, maxSegments: Int = 64
    ) throws {
        self.files = files
        self.time = time
        let poisoned = Probe<[RepriseError]>([])
        self.poisoned = poisoned
        journal = try Journal.open(
            Rig.options(mirrored: mirrored, maxSegments: maxSegments), files: files, time: time,
            logger: Rig.logger
        ) { error in
            poisoned.update { $0.append(error) }
        }
    }

    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    static func options(mirrored: Bool = false, maxSegments: Int = 64) -> Journal.Options {
        var policy = KindPolicy()
        policy.lease = lease
        policy.retry.jitter = 0
        var options = Journal.Options(
            node: "node", directory: "/journal", policies: [kind: policy])
        options.log.maxBatchBytes = 16 << 10
        options.log.segmentBytes = 64 << 10
        options.log.maxBytes = maxSegments * (64 << 10)
        options.isMirrored = mirrored
        return options
    }

    @discardableResult
    func open(
        _ number: Int, record: [UInt8]? = Array("user".utf8), lease: Milliseconds? = nil
    ) async throws(RepriseError) -> SessionID {
        let id = SessionTrace.id(number)
        _ = try await journal.open(
            id, kind: Rig.kind, record: record, headers: [], lease: lease, partition: 0)
        return id
    }

    func append(_ number: Int, _ record: [UInt8]) async throws(RepriseError) {
        _ = try await journal.append(SessionTrace.id(number), record: record, token: .none)
    }

    func complete(_ number: Int) async throws(RepriseError) {
        _ = try await journal.complete(SessionTrace.id(number), token: .none)
    }

    subscript(number: Int) -> Session? { journal.session(SessionTrace.id(number)) }

    /// Upkeep until the disk has what it wrote, so that the next round may retire.
    func keepUp() async throws {
        try journal.keepUp()
        try await journal.log.waitDurable(journal.log.appended)
    }
}
