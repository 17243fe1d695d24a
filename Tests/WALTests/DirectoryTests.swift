import Model
import Platform
import TestSupport
import Testing
import WAL

@Suite struct DirectoryTests {
    @Test func twoProcessesCannotOpenOneDirectory() throws {
        let fixture = Fixture()
        let first = try fixture.open().log
        #expect(fixture.refusal()?.code == .journalLocked)
        withExtendedLifetime(first) {}
    }

    @Test func twoLogsCannotOpenOneRealDirectory() throws {
        let place = try TemporaryDirectory()
        var options = LogOptions()
        options.segmentBytes = 4 << 20
        let first = try Log.open(directory: place.path, options: options)
        #expect(throws: RepriseError.self) { try Log.open(directory: place.path, options: options) }
        first.close()
        try Log.open(directory: place.path, options: options).close()
    }

    @Test(arguments: [
        "notes.txt", "1.seg", "0000000001.seg.bak", "00000000001.seg", "0000000000.seg",
    ])
    func aForeignFileIsNamed(name: String) throws {
        let fixture = Fixture()
        try fixture.write([[1]])
        fixture.fileSystem.place([1, 2, 3], at: "/journal/" + name)
        let error = fixture.refusal()
        #expect(error?.code == .journalForeignFile)
        #expect(error?.message.contains(name) == true)
    }

    /// A node keeps them there, and must start again.
    @Test(arguments: ["paused-kinds", "paused-kinds.new", "recovered-by", "recovered-by.new"])
    func `what a node remembers is not foreign`(name: String) throws {
        let fixture = Fixture()
        try fixture.write([[1]])
        fixture.fileSystem.place([1, 2, 3], at: "/journal/" + name)
        #expect(try fixture.numbers() == [1])
        #expect(try fixture.report().damage.isEmpty)
        #expect(fixture.fileSystem.contents(of: "/journal/" + name) == [1, 2, 3])
    }

    @Test func aSegmentOfAnotherJournalIsForeign() throws {
        let other = Fixture()
        _ = try LogCore.open(
            directory: Fixture.directory, fileSystem: other.fileSystem, options: other.options,
            newIdentity: 77)
        try other.write(Array(repeating: [900], count: 6))
        let fixture = try Fixture.ofThreeSegments()
        fixture.fileSystem.place(other.bytes(2), at: fixture.path(2))
        #expect(fixture.refusal()?.code == .journalForeignFile)
    }

    @Test func anotherFormatVersionIsRefused() throws {
        let fixture = Fixture()
        try fixture.write([[1]])
        fixture.damage(1) { bytes in
            bytes[8] = 9
            let crc = bytes.withUnsafeBytes { crc32c($0.slice(at: 0, count: 60)) }
            for index in 0..<4 { bytes[60 + index] = UInt8(truncatingIfNeeded: crc >> (8 * index)) }
        }
        let error = fixture.refusal()
        #expect(error?.code == .journalVersion)
        #expect(error?.message.contains("version 9") == true)
    }

    @Test func leftoversOfInterruptedStepsAreRemoved() throws {
        let fixture = Fixture()
        try fixture.write([[1]])
        fixture.fileSystem.place([1, 2], at: "/journal/prepare.tmp")
        #expect(try fixture.report().leftovers == ["prepare.tmp"])
        #expect(try fixture.numbers() == [1])
        #expect(fixture.fileSystem.contents(of: "/journal/prepare.tmp") == nil)
    }

    /// A crash at every step of the making of a journal.
    @Test func creationCanBeInterruptedAnywhere() throws {
        for call in 0..<40 {
            let fixture = Fixture()
            fixture.fileSystem.powerGoes(atCall: call)
            _ = fixture.refusal()
            var random = SimulatedRandom(seed: UInt64(call))
            let next = Fixture(fileSystem: fixture.fileSystem.crash(using: &random))
            try next.write([[5], [6]])
            #expect(try next.numbers() == [1, 2])
        }
    }

    @Test func anotherSegmentSizeTakesOverSegmentBySegment() throws {
        var fixture = Fixture()
        try fixture.write([[900], [900]])
        fixture.options.segmentBytes = 8192
        fixture.options.maxBytes = 1 << 20
        let log = try fixture.open().log
        try log.maintain()
        try fixture.write(Array(repeating: [900], count: 10), to: log)
        let report = try fixture.report()
        #expect(report.segments.map(\.bytes) == [4096, 8192])
        #expect(report.damage.isEmpty && report.next == LSN(13))
    }

    @Test func theIdentityIsDrawnOnce() throws {
        let fixture = Fixture()
        let first = try fixture.open().log.identity
        let again = try LogCore.open(
            directory: Fixture.directory, fileSystem: fixture.fileSystem, options: fixture.options,
            newIdentity: 99
        ).identity
        #expect(first == again && first == 0x1122_3344_5566_7788)
    }

    /// WL-005…011: options that cannot work are refused before anything is touched.
    @Test func optionsThatDoNotFitAreRefused() {
        let changes: [(inout LogOptions) -> Void] = [
            { $0.maxBatchBytes = 100 }, { $0.maxBatchBytes = 1 << 30 }, { $0.segmentBytes = 2000 },
            { $0.segmentBytes = 2 << 30 }, { $0.spareSegments = 0 }, { $0.maxBytes = 4096 },
            { $0.maxBufferBytes = 10 }, { $0.bufferBytes = 0 },
        ]
        for change in changes {
            var fixture = Fixture()
            change(&fixture.options)
            #expect(fixture.refusal()?.code == .configuration)
            #expect(fixture.fileSystem.calls == 0)
        }
    }
}
