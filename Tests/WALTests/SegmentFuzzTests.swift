import Model
import TestSupport
import Testing

@testable import WAL

/// A journal whose bytes a seed has changed is read, cut or refused, and nothing traps: neither
/// opening nor verifying nor dumping.
@Suite struct SegmentFuzzTests {
    @Test(arguments: 0..<4)
    func `changed segments never trap`(part: Int) throws {
        var opened = 0
        for round in 0..<150 {
            let seed = UInt64(part * 150 + round)
            var random = SeededRandom(seed: seed)
            let fixture = Fixture()
            let sizes = (0...random.below(4)).map { _ in
                (0...random.below(3)).map { _ in random.below(300) }
            }
            try fixture.write(sizes)
            fixture.damage(UInt64(random.below(2))) { bytes in
                guard !bytes.isEmpty else { return }
                for _ in 0...random.below(3) { SegmentFuzzTests.change(&bytes, &random) }
            }
            do throws(RepriseError) {
                _ = try fixture.report()
                _ = try fixture.places()
            } catch {
                #expect(error.code != .internalDefect, "seed \(seed)")
            }
            if let refusal = fixture.refusal() {
                #expect(refusal.code != .internalDefect, "seed \(seed)")
            } else {
                opened += 1
            }
        }
        #expect(opened > 10, "the changes are too wild to test anything")
    }

    /// Mostly where headers and lengths are.
    private static func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let near = random.chance(70) ? min(bytes.count, 600) : bytes.count
        let place = random.below(near)
        switch random.below(5) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(random.below(256))
        case 2:
            let end = min(bytes.count, place + 1 + random.below(64))
            for index in place..<end { bytes[index] = random.chance(50) ? 0 : 255 }
        case 3: bytes.removeLast(random.below(bytes.count))
        default: bytes.append(contentsOf: random.bytes(random.below(64)))
        }
    }
}
