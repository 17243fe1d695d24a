import Journal
import Logging
import Model
import Recovery
import Sessions
import TestSupport
import Testing
import WAL

/// SESSIONS.md, section 5, the log's own failures: the node is gone before and after every
/// acknowledgement, by kill -9 and by loss of power.
@Suite(.timeLimit(.minutes(10))) struct NodeKilledTests {
    enum End: String, Sendable, CaseIterable { case kill, powerLoss }

    struct Row: Sendable, CustomTestStringConvertible {
        var end: End
        var step: ClientStep
        var point: FailurePoint
        var testDescription: String { "\(end) \(point) \(step)" }
    }

    static let rows: [Row] = End.allCases.flatMap { end in
        ClientStep.allCases.flatMap { step in
            [FailurePoint.before, .after].map { Row(end: end, step: step, point: $0) }
        }
    }

    private static let kind = Kind(unchecked: "user.create")

    private struct JournalLog: SignUpLog {
        let journal: Journal

        func open(_ id: SessionID, record: [UInt8]) async throws {
            _ = try await journal.open(
                id, kind: NodeKilledTests.kind, record: record, headers: [], lease: nil,
                partition: 0)
        }
        func append(_ id: SessionID, record: [UInt8]) async throws {
            _ = try await journal.append(id, record: record, token: .none)
        }
        func complete(_ id: SessionID) async throws {
            _ = try await journal.complete(id, token: .none)
        }
        func close(_ id: SessionID) async throws { _ = try await journal.close(id, after: 0) }
    }

    private struct Silent: RecoveryObserver {
        func started(_ session: Session, _ run: Run) {}
        func ended(_ session: Session, _ run: Run, _ outcome: HandlerOutcome) {}
        func parked(_ id: SessionID, _ parking: Parking) {}
        func failed(_ error: RepriseError) {}
    }

    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func open(
        _ files: SimulatedFileSystem, _ time: SimulatedTime
    ) throws -> Journal {
        var policy = KindPolicy()
        policy.lease = 1_000
        policy.retry.firstDelay = 0
        policy.retry.jitter = 0
        var options = Journal.Options(
            node: "node", directory: "/journal", policies: [kind: policy])
        options.log.maxBatchBytes = 16 << 10
        options.log.segmentBytes = 64 << 10
        return try Journal.open(options, files: files, time: time, logger: logger) { _ in }
    }

    @Test(arguments: rows)
    func `what was acknowledged is there, and the end is KEEP or CLEAN`(row: Row) async throws {
        let files = SimulatedFileSystem()
        let world = World()
        let id = SessionTrace.id(1)
        let time = SimulatedTime()
        let journal = try Self.open(files, time)
        let rest = Probe<SimulatedFileSystem?>(nil)
        await SignUpClient(
            world: world, log: JournalLog(journal: journal), id: id, nick: "ada",
            hook: { step, point in
                guard step == row.step, point == row.point else { return }
                var random = SimulatedRandom(seed: 11)
                let after = row.end == .kill ? files.kill() : files.crash(using: &random)
                rest.update { $0 = after }
            }
        ).run()

        let survivor = try #require(rest.read { $0 })
        time.advance(by: 1_000)
        let again = try Self.open(survivor, time)
        let position = ClientStep.allCases.firstIndex(of: row.step) ?? 0
        func acknowledged(_ step: ClientStep) -> Bool {
            let index = ClientStep.allCases.firstIndex(of: step) ?? 0
            return index < position || (index == position && row.point == .after)
        }
        if acknowledged(.m9) {
            #expect(again.session(id) == nil)
        } else if acknowledged(.m1) {
            #expect(again.session(id)?.records.count == (acknowledged(.m5) ? 2 : 1))
        }
        let recovery = SignUpRecovery(world)
        let node = JournalRecovery(
            journal: again,
            handlers: [
                Self.kind: ClosureHandler { session in
                    try await recovery.recover(
                        id: session.id, attempt: session.attempt, records: session.records)
                }
            ], observer: Silent(), logger: Self.logger)
        try node.start()
        try await eventually("no session is left") {
            again.withCore { $0.table.alive.total == 0 }
        }
        // With the id in the log the client went on to the end of its work, until completing failed.
        #expect(world.end(nick: "ada", key: "\(id)") == (acknowledged(.m5) ? .keep : .clean))
        let isUntouched = acknowledged(.m9) || !acknowledged(.m1)
        #expect(recovery.attempts.read { $0.count } == (isUntouched ? 0 : 1))
        #expect(again.withCore { $0.table.conservationDifference } == 0)
        await node.stop(drain: .seconds(1))
        again.close()
    }
}
