import Model
import TestSupport
import Testing
import WAL

@Suite struct RepairTests {
    private func repair(
        _ fixture: Fixture, keepReadable: Bool
    ) throws(RepriseError) -> LogRepair.Outcome {
        try LogRepair.run(
            directory: Fixture.directory, fileSystem: fixture.fileSystem,
            keepReadable: keepReadable, options: fixture.options, time: SimulatedTime(),
            newIdentity: 5)
    }

    private func damaged() throws -> Fixture {
        let fixture = try Fixture.ofThreeSegments()
        fixture.damage(2) { $0[2000] ^= 1 }
        return fixture
    }

    @Test func aSoundJournalIsLeftAlone() throws {
        let fixture = try Fixture.ofThreeSegments()
        let paths = fixture.fileSystem.paths
        let outcome = try repair(fixture, keepReadable: true)
        #expect(outcome.movedTo == nil && outcome.before.damage.isEmpty)
        #expect(fixture.fileSystem.paths == paths)
    }

    @Test func whatComesBeforeTheDamageIsKept() throws {
        let fixture = try damaged()
        #expect(fixture.refusal()?.code == .journalDamaged)
        let outcome = try repair(fixture, keepReadable: false)
        #expect(outcome.before.damage.first?.lost == 7..<8)
        #expect(outcome.keptFrames == 6 && outcome.leftOut == 5)
        #expect(try fixture.numbers() == Array(1...6))
        #expect(outcome.movedTo == "damaged-1")
        #expect(fixture.fileSystem.paths.filter { $0.contains("/damaged-1/") }.count >= 3)
    }

    @Test func whatCanBeReadAfterTheDamageIsKeptOnRequest() throws {
        let fixture = try damaged()
        let outcome = try repair(fixture, keepReadable: true)
        #expect(outcome.keptFrames == 11 && outcome.leftOut == 0)
        let (log, found) = try fixture.open()
        #expect(found.map(\.lsn) == Array(1...6) + Array(8...12))
        #expect(
            found.allSatisfy { $0.payload == [UInt8](repeating: UInt8($0.lsn), count: 900) })
        // Numbers that the mirror may have sent are never used again.
        #expect(log.appended.next == outcome.next)
        #expect(outcome.next.rawValue == 13 + LogRepair.jump)
        try fixture.write([[3], [4]], to: log)
        let next = Fixture(fileSystem: fixture.fileSystem.kill())
        #expect(try next.numbers().suffix(2) == [outcome.next.rawValue, outcome.next.rawValue + 1])
    }

    @Test func aLostIdentityIsRestoredFromTheSegments() throws {
        let fixture = try Fixture.ofThreeSegments()
        fixture.fileSystem.discard("/journal/JOURNAL")
        let outcome = try repair(fixture, keepReadable: true)
        #expect(outcome.keptFrames == 12)
        #expect(try fixture.open().log.identity == 0x1122_3344_5566_7788)
    }

    @Test func aMissingSegmentIsLeftOut() throws {
        let fixture = try Fixture.ofThreeSegments()
        fixture.fileSystem.discard(fixture.path(2))
        _ = try repair(fixture, keepReadable: true)
        #expect(try fixture.numbers() == Array(1...4) + Array(9...12))
        // Damage in the repaired journal is still found, also at the end of its segments.
        let first = try fixture.report().segments[0].index
        fixture.damage(first) { $0.removeLast(10) }
        #expect(fixture.refusal()?.code == .journalDamaged)
        let second = try repair(fixture, keepReadable: true)
        #expect(second.movedTo == "damaged-2")
        #expect(try fixture.numbers() == Array(1...3) + Array(9...12))
    }

    @Test func aJournalWithoutSegmentsStartsAgainBeyondAllNumbers() throws {
        let fixture = try Fixture.ofThreeSegments()
        for segment in UInt64(1)...5 { fixture.fileSystem.discard(fixture.path(segment)) }
        let outcome = try repair(fixture, keepReadable: false)
        #expect(try fixture.numbers() == [])
        #expect(outcome.next.rawValue > LogRepair.jump)
    }

    @Test func aRepairThatIsInterruptedAnywhereIsFinishedByTheNext() throws {
        for call in 0..<160 {
            let fixture = try damaged()
            fixture.fileSystem.powerGoes(atCall: fixture.fileSystem.calls + call)
            _ = try? repair(fixture, keepReadable: true)
            var random = SimulatedRandom(seed: UInt64(call))
            let next = Fixture(fileSystem: fixture.fileSystem.crash(using: &random))
            if next.refusal() != nil { _ = try repair(next, keepReadable: true) }
            #expect(try next.numbers() == Array(1...6) + Array(8...12), "at call \(call)")
        }
    }

    @Test func aJournalInUseIsNotRepaired() throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        let error = #expect(throws: RepriseError.self) {
            try repair(fixture, keepReadable: true)
        }
        #expect(error?.code == .journalLocked)
        withExtendedLifetime(log) {}
    }
}
