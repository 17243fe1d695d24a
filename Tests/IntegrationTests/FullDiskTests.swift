import Journal
import Logging
import Model
import Platform
import Recovery
import Sessions
import TestSupport
import Testing
import WAL

/// Recovery from the journal, with its own thread, on a disk that is full: not even a claim can be
/// written.
@Suite(.timeLimit(.minutes(10))) struct FullDiskTests {
    private static let kind = Kind(unchecked: "user.create")
    private static let segmentBytes = 64 << 10
    private static let due = 300

    /// A journal over a simulated disk, its clock moved by the test.
    private struct Rig: Sendable {
        let files = SimulatedFileSystem()
        let time = SimulatedTime()
        let journal: Journal
        let seen = Observer()

        init() throws {
            var policy = KindPolicy()
            policy.lease = 80_000_000
            policy.handlerTimeout = 80_000_000
            policy.concurrency = 2 * FullDiskTests.due
            var options = Journal.Options(
                node: "node", directory: "/journal", policies: [FullDiskTests.kind: policy])
            options.log.maxBatchBytes = 24 << 10
            options.log.segmentBytes = FullDiskTests.segmentBytes
            options.log.maxBytes = 64 * FullDiskTests.segmentBytes
            // A few files besides the segments.
            files.setCapacity(bytes: 6 * FullDiskTests.segmentBytes + 8_192)
            journal = try Journal.open(
                options, files: files, time: time, logger: Company.logger
            ) { _ in }
        }

        func open(_ number: Int, bytes: Int) async throws {
            _ = try await journal.open(
                SessionTrace.id(number), kind: FullDiskTests.kind,
                record: [UInt8](repeating: 7, count: bytes), headers: [], lease: nil, partition: 0)
        }

        /// Opens sessions until the journal refuses; gives the number after the last.
        func fill(from first: Int) async throws -> Int {
            var next = first
            // The small ones leave hardly more than the reserve.
            for bytes in [4_000, 40] {
                try await refused {
                    try await open(next, bytes: bytes)
                    next += 1
                }
            }
            return next
        }

        /// Uses up the reserve, or so many bytes of it.
        func useReserve(bytes: Int = .max) async throws {
            let before = journal.log.appended.rawValue
            // 14 bytes of header, and a position.
            let frameBytes = UInt64(14 + MirrorPosition.size)
            try await refused {
                let written = (journal.log.appended.rawValue - before) * frameBytes
                guard written < UInt64(bytes) else {
                    throw RepriseError(.diskFull, "as much as was wanted")
                }
                try journal.savePosition(1)
            }
            try await journal.log.waitDurable(journal.log.appended)
        }

        /// Repeats until the disk is full.
        private func refused(_ body: () async throws -> Void) async throws {
            for _ in 0..<100_000 {
                do {
                    try await body()
                } catch let error as RepriseError where error.code == .diskFull {
                    return
                } catch let error as RepriseError where error.code == .journalBusy {
                    await journal.log.waitForRoom()
                }
            }
            Issue.record("the disk was never full")
        }

        func recovery(
            _ handler: @escaping @Sendable (RecoverySession) async throws -> HandlerOutcome
        ) -> JournalRecovery {
            JournalRecovery(
                journal: journal, handlers: [FullDiskTests.kind: ClosureHandler(handler)],
                observer: seen, logger: Company.logger)
        }

        /// Lets time go on until it holds.
        func eventually(_ what: String, _ holds: @escaping @Sendable () -> Bool) async throws {
            try await TestSupport.eventually(what, seconds: 90) {
                time.advance(by: 100)
                journal.changed.notify()
                return holds()
            }
        }
    }

    private final class Observer: RecoveryObserver {
        let errors = Probe<[ErrorCode]>([])
        let outcomes = Probe<[SessionID: Int]>([:])

        func started(_ session: Session, _ run: Run) {}
        func ended(_ session: Session, _ run: Run, _ outcome: HandlerOutcome) {
            outcomes.update { $0[session.id, default: 0] += 1 }
        }
        func parked(_ id: SessionID, _ parking: Parking) {}
        func failed(_ error: RepriseError) { errors.update { $0.append(error.code) } }
    }

    @Test
    func `a claim that the disk refuses is tried again, and a place it does not need is free`()
        async throws
    {
        let rig = try Rig()
        let runs = Probe<[SessionID]>([])
        let recovery = rig.recovery { session in
            runs.update { $0.append(session.id) }
            return .complete
        }
        for number in 1...Self.due { try await rig.open(number, bytes: 1) }
        for number in 1...Self.due {
            _ = try await rig.journal.close(SessionTrace.id(number), after: 0)
        }
        _ = try await rig.fill(from: 1_000)
        // The claims of all of them do not fit any more, one small frame does.
        try await rig.useReserve(bytes: 10_000)
        try recovery.start()
        try await rig.eventually("the claims are refused, again and again") {
            rig.seen.errors.read { $0.count } >= 3
        }
        #expect(rig.seen.errors.read { Set($0) } == [.diskFull])
        #expect(runs.read { $0.isEmpty }, "no run without its claim")
        #expect(recovery.gates[Self.kind]?.running == Self.due, "places of the claims")
        for number in 1...10 { try await rig.journal.cancel(SessionTrace.id(number)) }
        #expect(runs.read { $0.isEmpty })

        rig.files.setCapacity(bytes: .max)
        try await rig.eventually("the others' results") {
            rig.seen.outcomes.read { $0.count } == Self.due - 10
        }
        try await rig.eventually("every place is free") {
            recovery.gates[Self.kind]?.running == 0
        }
        #expect(
            runs.read { $0.sorted() } == (11...Self.due).map { SessionTrace.id($0) },
            "each once, and no cancelled one")
        #expect(rig.journal.withCore { $0.table.totals.completed } == UInt64(Self.due - 10))
        #expect(rig.journal.withCore { $0.table.totals.cancelled } == 10)
        #expect(rig.journal.withCore { $0.table.conservationDifference } == 0)
        await recovery.stop(drain: .seconds(10))
        rig.journal.close()
    }

    @Test func `on a full disk upkeep goes on, and makes the room that the claims need`()
        async throws
    {
        let rig = try Rig()
        let runs = Probe<[SessionID]>([])
        let recovery = rig.recovery { session in
            runs.update { $0.append(session.id) }
            return .complete
        }
        // Finished work that nobody has retired yet, then what is due, in the last segment.
        let last = try await rig.fill(from: 1_000)
        for number in 1_000..<last - 5 {
            _ = try await rig.journal.complete(SessionTrace.id(number), token: .none)
        }
        for number in last - 5..<last {
            _ = try await rig.journal.close(SessionTrace.id(number), after: 0)
        }
        try await rig.useReserve()
        let full = rig.journal.log.space.segments
        try recovery.start()
        try await rig.eventually("the runs") { runs.read { $0.count } == 5 }
        #expect(rig.seen.errors.read { $0.contains(.diskFull) }, "the first claim was refused")
        try await rig.eventually("the end of the sessions") {
            rig.journal.withCore { $0.table.alive.total == 0 }
        }
        try await rig.eventually("the segments of what is finished are gone") {
            rig.journal.log.space.segments < full
        }
        #expect(recovery.gates[Self.kind]?.running == 0)
        #expect(rig.journal.withCore { $0.table.conservationDifference } == 0)
        await recovery.stop(drain: .seconds(10))
        rig.journal.close()
    }
}
