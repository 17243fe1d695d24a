import Model
import TestSupport
import Testing
import WAL

@Suite struct TornTailTests {
    /// WL-105 for frames: the last batch is cut at each of its bytes.
    @Test func lastBatchCutAtEachByteLeavesAllBeforeIt() throws {
        let fixture = Fixture()
        try fixture.write([[10, 20], [30], [40, 0, 50]])
        let whole = fixture.bytes(1)
        let places = try fixture.places()
        let start = places[3].offset
        let end = places[5].offset + Format.frameHeaderBytes + 50
        #expect(whole[end...].allSatisfy { $0 == 0 })
        for cut in start..<end {
            var torn = whole
            for index in cut..<end { torn[index] = 0 }
            // A cut that takes only zeros away changes nothing.
            let changed = torn != whole
            fixture.fileSystem.place(torn, at: fixture.path(1))
            let found = try fixture.numbers()
            let complete = places.prefix { $0.offset + length(of: $0, places, end) <= cut }.count
            #expect(found.count >= (changed ? complete : 6) && found.count < 6 + (changed ? 0 : 1))
            #expect(found == Array(1...UInt64(found.count)))
            #expect(found.count >= 3, "cut at \(cut)")
        }
    }

    private func length(of place: FramePlace, _ places: [FramePlace], _ end: Int) -> Int {
        let next = places.first { $0.lsn > place.lsn }
        return (next?.offset ?? end) - place.offset
    }

    /// The first sector of a torn batch is lost and later ones are there: nothing of it comes back,
    /// not even after more was written.
    @Test func remainsOfATornBatchNeverComeBack() throws {
        let fixture = Fixture()
        try fixture.write([[10], [100, 100, 100, 100]])
        let places = try fixture.places()
        fixture.damage(1) { bytes in
            for index in places[1].offset..<places[2].offset { bytes[index] = 0 }
        }
        let report = try fixture.report()
        #expect(report.damage.isEmpty)
        #expect(report.tornTail?.offset == places[1].offset)
        #expect(report.tornTail?.bytes == 4 * 114)
        let (log, found) = try fixture.open()
        #expect(found.map(\.lsn) == [1])
        #expect(log.tornTail != nil)
        #expect(log.appended == LSN(1))
        // Fills exactly the hole: what follows it would fit by number and place.
        try fixture.write([[100]], to: log)
        let again = Fixture(fileSystem: fixture.fileSystem.kill())
        #expect(try again.numbers() == [1, 2])
    }

    /// The same in a recycled file, where old frames follow the tail.
    @Test func oldFramesOfARecycledFileAreNotATail() throws {
        let fixture = Fixture()
        let (log, _) = try fixture.open()
        for _ in 0..<40 {
            try fixture.write([[400, 400]], to: log)
            log.retire(before: log.durable)
            try log.maintain()
        }
        let last = try fixture.report()
        #expect(last.segments.last.map { $0.index > 4 } == true)
        #expect(last.damage.isEmpty && last.tornTail == nil)
        let next = Fixture(fileSystem: fixture.fileSystem.kill())
        #expect(try next.numbers().last == 80)
    }

    @Test func firstBatchOfANewSegmentLosesItsHeader() throws {
        let fixture = Fixture()
        let (log, _) = try fixture.open()
        try fixture.write([[900], [900], [900], [900]], to: log)
        #expect(try fixture.places().last?.segment == 1)
        try fixture.write([[400, 400]], to: log)
        #expect(try fixture.places().last?.segment == 2)
        fixture.damage(2) { bytes in for index in 0..<64 { bytes[index] = 0 } }
        let next = Fixture(fileSystem: fixture.fileSystem.kill())
        #expect(try next.numbers() == [1, 2, 3, 4])
        let again = Fixture(fileSystem: next.fileSystem.kill())
        // As long as the lost batch's first frame: its second one would fit behind it.
        try again.write([[400]])
        let last = Fixture(fileSystem: again.fileSystem.kill())
        #expect(try last.numbers() == [1, 2, 3, 4, 5])
    }

    @Test func cuttingTheTailSurvivesACrashInTheMiddle() throws {
        for call in 0..<40 {
            let fixture = Fixture()
            try fixture.write([[10], [200, 200]])
            let places = try fixture.places()
            fixture.damage(1) { $0[places[1].offset + 20] ^= 1 }
            fixture.fileSystem.powerGoes(atCall: fixture.fileSystem.calls + call)
            _ = fixture.refusal()
            var random = CrashRun(seed: UInt64(call)).random
            let next = Fixture(fileSystem: fixture.fileSystem.crash(using: &random))
            #expect(try next.numbers() == [1])
        }
    }
}
