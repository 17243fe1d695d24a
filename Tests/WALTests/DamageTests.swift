import Model
import TestSupport
import Testing
import WAL

@Suite struct DamageTests {
    @Test func aFlippedBitBeforeAcknowledgedFramesRefusesToOpen() throws {
        let clean = Fixture()
        try clean.write([[10], [20, 30], [40]])
        let whole = clean.bytes(1)
        let places = try clean.places()
        for offset in Format.headerBytes..<places[3].offset {
            clean.damage(1) { $0[offset] ^= 0x10 }
            let error = clean.refusal()
            #expect(error?.code == .journalDamaged, "flipped at \(offset)")
            // Refusing changes nothing.
            clean.damage(1) { $0[offset] ^= 0x10 }
            #expect(clean.bytes(1) == whole)
        }
        #expect(try clean.numbers() == [1, 2, 3, 4])
    }

    @Test func theErrorNamesFileOffsetAndFrames() throws {
        let fixture = Fixture()
        try fixture.write([[10], [20, 30], [40]])
        let places = try fixture.places()
        fixture.damage(1) { $0[places[1].offset + 3] ^= 0xFF }
        let report = try fixture.report()
        #expect(report.damage.count == 1)
        #expect(report.damage.first?.file == "0000000001.seg")
        #expect(report.damage.first?.offset == places[1].offset)
        #expect(report.damage.first?.lost == 2..<3)
        let message = fixture.refusal()?.message ?? ""
        #expect(message.contains("0000000001.seg, offset \(places[1].offset)"))
        #expect(message.contains("frames 2 to 2"))
        #expect(message.contains("reprise log repair"))
        // What can still be read is readable, so that the sessions can be named.
        #expect(try fixture.places().map(\.lsn.rawValue) == [1, 3, 4])
    }

    @Test func aDestroyedSectorIsDamage() throws {
        let fixture = Fixture()
        try fixture.write([[100], [300], [300], [300], [100]])
        fixture.damage(1) { bytes in for index in 512..<1024 { bytes[index] = 0 } }
        #expect(fixture.refusal()?.code == .journalDamaged)
        #expect(try fixture.report().damage.first?.lost == 3..<5)
    }

    @Test(arguments: [true, false])
    func aDestroyedHeaderDoesNotHideAcknowledgedFrames(zeroed: Bool) throws {
        let fixture = Fixture()
        try fixture.write([[10], [20]])
        fixture.damage(1) { bytes in
            if zeroed { for index in 0..<64 { bytes[index] = 0 } } else { bytes[33] ^= 1 }
        }
        #expect(fixture.refusal()?.code == .journalDamaged)
        #expect(try fixture.places().map(\.lsn.rawValue) == [1, 2])
    }

    @Test func aDestroyedHeaderInTheMiddleIsDamage() throws {
        let fixture = try Fixture.ofThreeSegments()
        fixture.damage(2) { $0[0] ^= 1 }
        #expect(fixture.refusal()?.code == .journalDamaged)
        #expect(try fixture.places().map(\.lsn.rawValue) == Array(1...12))
    }

    @Test func aMissingSegmentInTheMiddleIsDamage() throws {
        let fixture = try Fixture.ofThreeSegments()
        fixture.fileSystem.discard(fixture.path(2))
        #expect(fixture.refusal()?.code == .journalDamaged)
        #expect(try fixture.report().damage.first?.lost == 5..<9)
    }

    @Test func aSegmentCutShortIsDamage() throws {
        let fixture = try Fixture.ofThreeSegments()
        fixture.damage(1) { $0.removeLast(2500) }
        #expect(fixture.refusal()?.code == .journalDamaged)
        #expect(try fixture.report().damage.first?.lost.upperBound == 5)
    }

    @Test func allSegmentsMissingIsDamage() throws {
        let fixture = try Fixture.ofThreeSegments()
        for segment in UInt64(1)...3 { fixture.fileSystem.discard(fixture.path(segment)) }
        #expect(fixture.refusal()?.code == .journalDamaged)
    }

    @Test func aMissingIdentityIsDamage() throws {
        let fixture = try Fixture.ofThreeSegments()
        fixture.fileSystem.discard("/journal/JOURNAL")
        #expect(fixture.refusal()?.code == .journalDamaged)
    }

    /// Neither the identity nor a header is left: what may be a journal is not made anew.
    @Test func aJournalWithoutIdentityAndHeadersIsNotTakenForNew() throws {
        let fixture = try Fixture.ofThreeSegments()
        fixture.fileSystem.discard("/journal/JOURNAL")
        for segment in UInt64(1)...3 {
            fixture.damage(segment) { bytes in for index in 0..<64 { bytes[index] = 0 } }
        }
        let before = fixture.bytes(1)
        #expect(fixture.refusal()?.code == .journalDamaged)
        #expect(fixture.bytes(1) == before)
    }

    @Test func theLastSegmentUnderALowerNameIsNotOverwritten() throws {
        let fixture = try Fixture.ofThreeSegments()
        let last = fixture.bytes(3)
        fixture.fileSystem.discard(fixture.path(3))
        fixture.fileSystem.discard(fixture.path(2))
        fixture.fileSystem.place(last, at: fixture.path(2))
        #expect(fixture.refusal()?.code == .journalDamaged)
        #expect(fixture.bytes(2) == last)
    }

    /// WL-102: the numbers in a segment cannot go back or leave a gap.
    @Test func aSegmentUnderAnotherNameIsRefused() throws {
        let fixture = try Fixture.ofThreeSegments()
        fixture.fileSystem.place(fixture.bytes(3), at: fixture.path(2))
        #expect(fixture.refusal() != nil)
    }

    @Test func aFrameThatClaimsToBeLongerThanTheFileIsNotRead() throws {
        let fixture = Fixture()
        try fixture.write([[10], [20]])
        let places = try fixture.places()
        fixture.damage(1) { bytes in
            for index in 0..<3 { bytes[places[1].offset + index] = 0xFF }
        }
        // The last batch: damage and a torn tail look the same, and nothing after it is lost.
        #expect(try fixture.numbers() == [1])
    }

    /// Frames longer than what is summed up at once are found again, and payloads that look like the
    /// headers of long frames do not make a start take long.
    @Test func longFramesAreFoundAmongWhatLooksLikeThem() throws {
        var fixture = Fixture()
        fixture.options.segmentBytes = 512 << 10
        fixture.options.maxBatchBytes = 64 << 10
        fixture.options.maxBytes = 8 << 20
        fixture.options.maxBufferBytes = 128 << 10
        let log = try fixture.open().log
        // Length 0x00C000, kind 1, number 0x0200: plausible wherever it stands.
        let pattern: [UInt8] = [0, 0xC0, 0, 1, 9, 9, 9, 9, 0, 2, 0, 0, 0, 0]
        for _ in 0..<6 {
            try log.append(kind: 1, size: 60_000) { bytes in
                for index in bytes.indices { bytes[index] = pattern[index % pattern.count] }
            }
            try log.flush()
        }
        let next = Fixture(fileSystem: fixture.fileSystem.kill(), options: fixture.options)
        let places = try next.places()
        next.damage(1) { $0[places[1].offset + 9] ^= 0xFF }
        let report = try next.report()
        #expect(report.damage.map(\.lost) == [2..<3])
        #expect(try next.places().map(\.lsn.rawValue) == [1, 3, 4, 5, 6])
    }

    /// Whatever stands in the files, reading them ends with an answer.
    @Test(arguments: UInt64(1)...200)
    func randomBytesNeverTrap(seed: UInt64) throws {
        var random = CrashRun(seed: seed).random
        let fixture = try Fixture.ofThreeSegments()
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            fixture.damage(UInt64.random(in: 1...3, using: &random)) { bytes in
                guard !bytes.isEmpty else { return }
                if Int.random(in: 0..<10, using: &random) == 0 {
                    bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
                } else {
                    let at = Int.random(in: 0..<bytes.count, using: &random)
                    for index in at..<min(bytes.count, at + Int.random(in: 1...40, using: &random))
                    {
                        bytes[index] = UInt8.random(in: 0...255, using: &random)
                    }
                }
            }
        }
        let before = fixture.fileSystem.paths.map { fixture.fileSystem.contents(of: $0) }
        let report = try? fixture.report()
        if let error = fixture.refusal() {
            #expect(error.code == .journalDamaged, "seed \(seed): \(error)")
            #expect(report?.damage.isEmpty == false)
            #expect(fixture.fileSystem.paths.map { fixture.fileSystem.contents(of: $0) } == before)
        } else {
            #expect(report?.damage.isEmpty == true)
        }
    }
}

extension Fixture {
    /// Frames 1…4, 5…8, 9…12 in three segments.
    static func ofThreeSegments() throws -> Fixture {
        let fixture = Fixture()
        let log = try fixture.open().log
        try fixture.write(Array(repeating: [900], count: 12), to: log)
        return Fixture(fileSystem: fixture.fileSystem.kill())
    }
}
