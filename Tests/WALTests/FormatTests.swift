import Model
import Platform
import TestSupport
import Testing
import WAL

/// The dumps in `schemas/journal-format.md` are a journal: what a reader in another language can be
/// tested with.
@Suite struct FormatTests {
    private static let payloads: [(kind: UInt8, payload: [UInt8])] = [
        (1, Array("open".utf8)), (2, []), (1, Array("complete".utf8)),
    ]

    private func documentedFile(_ name: String) throws -> [UInt8] {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try RealFileSystem().open("/" + root + "/schemas/journal-format.md", .read)
        let text = String(decoding: try file.readBytes(limit: 1 << 20), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0 == "```hexdump " + name })
        var bytes: [UInt8] = []
        for line in lines[(start + 1)...].prefix(while: { $0 != "```" }) where line != "*" {
            let offset = try #require(Int(line.prefix(8), radix: 16))
            bytes += repeatElement(0, count: offset - bytes.count)
            for byte in line.dropFirst(8).prefix(50).split(separator: " ") {
                bytes.append(try #require(UInt8(byte, radix: 16)))
            }
        }
        return bytes
    }

    @Test func theDumpInTheDocumentIsReadAsItSays() throws {
        let fixture = Fixture()
        fixture.fileSystem.place(try documentedFile("JOURNAL"), at: "/journal/JOURNAL")
        fixture.fileSystem.place(try documentedFile("0000000001.seg"), at: fixture.path(1))
        let report = try fixture.report()
        #expect(report.damage.isEmpty && report.tornTail == nil)
        #expect(report.identity == 0x1122_3344_5566_7788)
        #expect(report.segments.map(\.created) == [Timestamp(milliseconds: 1_700_000_000_000)])
        #expect(try fixture.places().map(\.offset) == [64, 82, 96])
        let found = try fixture.open().found
        #expect(found.map(\.lsn) == [1, 2, 3])
        #expect(found.map(\.kind) == Self.payloads.map(\.kind))
        #expect(found.map(\.payload) == Self.payloads.map(\.payload))
    }

    @Test func whatIsWrittenIsTheDumpInTheDocument() throws {
        let fixture = Fixture()
        let log = try fixture.open().log
        for (place, frame) in Self.payloads.enumerated() {
            try log.append(kind: frame.kind, size: frame.payload.count) {
                $0.copyBytes(from: frame.payload)
            }
            // Two batches: frames 1 and 2 together, 3 alone.
            if place > 0 { try log.flush() }
        }
        #expect(fixture.bytes(1) == (try documentedFile("0000000001.seg")))
        let identity = fixture.fileSystem.contents(of: "/journal/JOURNAL")
        #expect(try identity == documentedFile("JOURNAL"))
    }

    @Test func checksumsAreThoseOfTheDocument() {
        // RFC 3720, B.4.
        let zeros = [UInt8](repeating: 0, count: 32)
        let ones = [UInt8](repeating: 0xFF, count: 32)
        #expect(zeros.withUnsafeBytes { crc32c($0) } == 0x8A91_36AA)
        #expect(ones.withUnsafeBytes { crc32c($0) } == 0x62A8_AB43)
        #expect(Array("123456789".utf8).withUnsafeBytes { crc32c($0) } == 0xE306_9283)
    }

    @Test func saltsOfDifferentSegmentsDiffer() {
        let salts = (UInt64(1)...5000).map { Format.salt(identity: 42, index: $0) }
        #expect(Set(salts).count == 5000)
    }
}
