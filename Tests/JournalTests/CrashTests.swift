import Journal
import Model
import Sessions
import TestSupport
import Testing
import WAL

@Suite struct CrashTests {
    enum End: CaseIterable { case kill, powerLoss }

    private func end(_ rig: Rig, _ end: End, seed: UInt64) -> SimulatedFileSystem {
        var random = SimulatedRandom(seed: seed)
        return end == .kill ? rig.files.kill() : rig.files.crash(using: &random)
    }

    @Test(arguments: End.allCases, UInt64(1)...12)
    func `what was acknowledged is there after the end`(how: End, seed: UInt64) async throws {
        let rig = try Rig()
        for number in 1...5 { try await rig.open(number) }
        try await rig.append(1, [1])
        try await rig.complete(2)
        _ = try await rig.journal.close(SessionTrace.id(3), after: 70)
        let due = rig[3]?.due
        _ = try await rig.journal.replace(SessionTrace.id(4), record: [4, 4], token: .none)
        let again = try Rig(end(rig, how, seed: seed), time: rig.time)
        #expect(again[1]?.records == [Array("user".utf8), [1]])
        #expect(again[2] == nil)
        #expect(again[3]?.due == due, "the absolute due time was written, not a delay")
        #expect(again[4]?.records == [[4, 4]])
        #expect(again[5]?.phase == rig[5]?.phase)
        #expect(again.journal.withCore { $0.table.totals.opened } == 5)
        #expect(again.journal.withCore { $0.table.totals.completed } == 1)
        #expect(again.journal.withCore { $0.table.conservationDifference } == 0)
        #expect(again.journal.writer.incarnation > rig.journal.writer.incarnation)
        #expect(again.journal.writer.journal == rig.journal.writer.journal)
        again.journal.close()
    }

    /// The power goes at every call that a short life makes: whoever was told "durable" finds it.
    @Test func `at whatever call the power goes, acknowledged is durable`() async throws {
        let calls = try await calls(of: SimulatedFileSystem()).files.calls
        #expect(calls > 10)
        for call in 0...calls {
            let files = SimulatedFileSystem()
            files.powerGoes(atCall: call)
            let told = try? await self.calls(of: files).told
            let acknowledged = told ?? []
            var random = SimulatedRandom(seed: UInt64(call))
            let again = try Rig(files.crash(using: &random))
            // What was asked for last may be there though nobody was told.
            let isGone = again.journal.withCore { $0.table.totals.completed } == 1
            switch acknowledged.last {
            case "open": #expect(again[1] != nil, "call \(call)")
            case "append":
                #expect(isGone || again[1]?.records.count == 2, "call \(call)")
            case "complete": #expect(isGone && again[1] == nil, "call \(call)")
            default: break
            }
            again.journal.close()
        }
    }

    private func calls(
        of files: SimulatedFileSystem
    ) async throws -> (files: SimulatedFileSystem, told: [String]) {
        let rig = try Rig(files)
        var told: [String] = []
        do {
            try await rig.open(1)
            told.append("open")
            try await rig.append(1, [1])
            told.append("append")
            try await rig.complete(1)
            told.append("complete")
        } catch {}
        return (files, told)
    }

    @Test func `a relaxed completion that was not synced may be handed out once more, never lost`()
        async throws
    {
        let rig = try Rig()
        try await rig.open(1)
        _ = try await rig.journal.complete(SessionTrace.id(1), token: .none, relaxed: true)
        #expect(rig[1] == nil)
        var random = SimulatedRandom(seed: 3)
        let again = try Rig(rig.files.crash(using: &random))
        let difference = again.journal.withCore { $0.table.conservationDifference }
        #expect(difference == 0)
        again.journal.close()
    }

    @Test func `a second process cannot open the directory`() async throws {
        let rig = try Rig()
        let error = #expect(throws: RepriseError.self) { _ = try Rig(rig.files) }
        #expect(error?.code == .journalLocked)
        rig.journal.close()
    }

    @Test func `the first failed sync ends everything with journalPoisoned, told once`()
        async throws
    {
        let rig = try Rig()
        try await rig.open(1)
        rig.files.fail(.datasync)
        let first = await #expect(throws: RepriseError.self) { try await rig.append(1, [1]) }
        #expect(first?.code == .journalPoisoned)
        for _ in 0..<3 {
            let next = await #expect(throws: RepriseError.self) { try await rig.open(2) }
            #expect(next?.code == .journalPoisoned, "nothing is acknowledged after it")
        }
        let late = await #expect(throws: RepriseError.self) { try await rig.complete(1) }
        #expect(late?.code == .journalPoisoned)
        #expect(rig.poisoned.read { $0.count } == 1)
        let blocked = #expect(throws: RepriseError.self) {
            try rig.journal.blockUntilDurable(rig.journal.log.appended)
        }
        #expect(blocked?.code == .journalPoisoned)
        let again = try Rig(rig.files.kill())
        #expect(again[1] != nil, "what was acknowledged before is there")
        again.journal.close()
    }

    @Test func `a node that is shutting down refuses commands`() async throws {
        let rig = try Rig()
        try await rig.open(1)
        rig.journal.beginClosing()
        let refused = await #expect(throws: RepriseError.self) { try await rig.open(2) }
        #expect(refused?.code == .shuttingDown)
        rig.journal.close()
    }
}
