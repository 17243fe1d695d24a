import Platform
import TestSupport
import Testing

@Suite struct CRC32CTests {
    /// The instruction and the table give the same for every length and alignment.
    @Test func hardwareAndSoftwareAgree() {
        var random = SimulatedRandom(seed: 1)
        let bytes = (0..<4096).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        bytes.withUnsafeBytes { bytes in
            for start in 0..<9 {
                for count in Array(0..<80) + [511, 1000, 4000] {
                    let part = bytes.slice(at: start, count: count)
                    let seed = UInt32(truncatingIfNeeded: random.next())
                    #expect(
                        crc32c(part, continuing: seed) == portableCRC32C(part, continuing: seed))
                }
            }
        }
    }

    @Test func aPartFollowsFromTheWhole() {
        var random = SimulatedRandom(seed: 2)
        let bytes = (0..<5000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        bytes.withUnsafeBytes { bytes in
            for (from, to) in [(0, 0), (0, 1), (7, 7), (1, 4999), (4096, 5000), (0, 5000)] {
                let seed = UInt32(truncatingIfNeeded: random.next())
                let part = crc32cPart(
                    continuing: seed, before: crc32c(bytes.slice(at: 0, count: from)),
                    whole: crc32c(bytes.slice(at: 0, count: to)), count: to - from)
                #expect(
                    part == crc32c(bytes.slice(at: from, count: to - from), continuing: seed))
            }
        }
    }

    @Test func piecesContinueEachOther() {
        let bytes = Array("The quick brown fox jumps over the lazy dog".utf8)
        bytes.withUnsafeBytes { bytes in
            for cut in 0...bytes.count {
                let head = crc32c(bytes.slice(at: 0, count: cut))
                let tail = bytes.slice(at: cut, count: bytes.count - cut)
                #expect(crc32c(tail, continuing: head) == crc32c(bytes))
            }
        }
    }
}
