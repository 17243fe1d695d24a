import Model
import Platform
import TestSupport
import Testing
import WAL

@Suite struct FaultTests {
    @Test(arguments: [SimulatedFileSystem.Call.write, .datasync])
    func theFirstFailedWritePoisonsTheLog(call: SimulatedFileSystem.Call) throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        try fixture.write([[10]], to: log)
        fixture.fileSystem.fail(call)
        try log.append(kind: 1, size: 5) { _ in }
        #expect(throws: RepriseError.self) { try log.flush() }
        #expect(log.durable == LSN(1))
        // The disk is well again; the log is not, and does not try.
        for attempt in [{ try log.flush() }, { try log.maintain() }] {
            let error = #expect(throws: RepriseError.self) { try attempt() }
            #expect(error?.code == .journalPoisoned)
            #expect(error?.cause?.contains("errno 5") == true)
        }
        let error = #expect(throws: RepriseError.self) { try log.append(kind: 1, size: 1) { _ in } }
        #expect(error?.code == .journalPoisoned)
    }

    /// The pages of a failed sync are lost though a reader still sees them: whatever the log
    /// acknowledged is not among them.
    @Test(arguments: 0..<20)
    func nothingIsAcknowledgedAfterAFailedSync(skip: Int) throws {
        var run = CrashRun(seed: UInt64(skip))
        run.fileSystem.fail(.datasync, after: skip)
        #expect(throws: CrashRun.Violation.self) { try run.work(steps: 200) }
        run.crash()
        try run.check()
    }

    @Test(arguments: SimulatedFileSystem.Call.allCases)
    func everyFailedCallIsAnErrorAndHarmsNothing(call: SimulatedFileSystem.Call) throws {
        for skip in 0..<12 {
            var run = CrashRun(seed: UInt64(skip))
            run.fileSystem.fail(call, after: skip)
            do { try run.work(steps: 150) } catch {
                #expect(
                    error.description.hasPrefix("refused: journal"), "\(call) \(skip): \(error)")
            }
            run.crash()
            try run.check()
        }
    }

    @Test func aFullDiskRefusesNewWorkAndLetsOldWorkFinish() throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        try log.maintain()
        fixture.fileSystem.setCapacity(bytes: 0)
        let full = try fill(fixture, log, use: .normal)
        #expect(full.code == .diskFull)
        #expect(log.space.reserveOnly)
        let before = log.appended
        let end = try fill(fixture, log, use: .reserve)
        #expect(end.code == .diskFull)
        // The reserve was good for a quarter of a segment.
        #expect(
            log.appended.rawValue - before.rawValue >= UInt64(fixture.options.reserveBytes / 114)
                - 1)
        // What was acknowledged is there, and when there is space again work goes on.
        log.retire(before: log.durable)
        try log.maintain()
        #expect(!log.space.reserveOnly)
        try log.append(kind: 1, size: 100) { _ in }
        try log.flush()
        let last = log.durable
        let next = Fixture(fileSystem: fixture.fileSystem.kill())
        #expect(try next.numbers().last == last.rawValue)
    }

    /// Appends until it is refused for more than being busy.
    private func fill(
        _ fixture: Fixture, _ log: LogCore, use: SpaceClass
    ) throws -> RepriseError {
        while true {
            do throws(RepriseError) {
                try log.append(kind: 1, size: 100, use: use) { bytes in
                    bytes.initializeMemory(as: UInt8.self, repeating: 1)
                }
            } catch {
                if error.code != .journalBusy { return error }
                try log.flush()
                try log.maintain()
            }
        }
    }

    @Test func theBoundOfAllSegmentsHolds() throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        #expect(try fill(fixture, log, use: .normal).code == .diskFull)
        #expect(log.space.bytes <= fixture.options.maxBytes)
        #expect(log.space.bytes > fixture.options.maxBytes - 2 * fixture.options.segmentBytes)
    }

    @Test func aFullDiskLeavesNoHalfMadeSegment() throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        fixture.fileSystem.setCapacity(bytes: 4096 + 1000)
        try log.maintain()
        #expect(!fixture.fileSystem.paths.contains { $0.hasSuffix(".tmp") })
        #expect(log.space.spares == 0)
    }

    /// WL-099: frames that fill a segment to the byte, and to one byte more and less.
    @Test(arguments: -20...20)
    func aFrameThatJustFitsOrJustDoesNot(difference: Int) throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        try log.maintain()
        let room = 4096 - Format.headerBytes - 3 * 914
        try fixture.write([[900], [900], [900]], to: log)
        let size = room - Format.frameHeaderBytes + difference
        guard size + Format.frameHeaderBytes <= fixture.options.maxBatchBytes else {
            #expect(throws: RepriseError.self) { try fixture.write([[size]], to: log) }
            return
        }
        try fixture.write([[size], [3]], to: log)
        let places = try fixture.places()
        #expect(places[3].segment == (difference <= 0 ? 1 : 2))
        let next = Fixture(fileSystem: fixture.fileSystem.kill())
        #expect(try next.numbers() == [1, 2, 3, 4, 5])
    }

    @Test func aFrameLargerThanABatchIsRefusedAndHarmsNothing() throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        let error = #expect(throws: RepriseError.self) {
            try log.append(kind: 1, size: 1024) { _ in }
        }
        #expect(error?.code == .tooLarge)
        try fixture.write([[1024 - Format.frameHeaderBytes]], to: log)
        let next = Fixture(fileSystem: fixture.fileSystem.kill())
        #expect(try next.numbers() == [1])
    }

    /// WL-107: a batch never outgrows its bound, and the order is the order of the numbers.
    @Test func batchesGrowUpToTheirBound() throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        try log.maintain()
        for _ in 0..<20 { try log.append(kind: 1, size: 100) { _ in } }
        let before = fixture.fileSystem.calls(of: .datasync)
        try log.flush()
        #expect(fixture.fileSystem.calls(of: .datasync) - before == 3)
        let places = try fixture.places()
        #expect(places.map { Int($0.batchIndex) } == Array(0..<8) + Array(0..<8) + Array(0..<4))
    }
}
