import Model
import TestSupport
import Testing

@Suite struct EventFuzzTests {
    /// Truncated, flipped, grown and spliced events: a value or `undecodable`, never a trap; and
    /// what was read once is read again the same.
    @Test(arguments: 0..<4)
    func `mutated bytes never trap`(part: Int) throws {
        var decoded = 0
        for round in 0..<5_000 {
            let seed = UInt64(part * 5_000 + round)
            var random = SeededRandom(seed: seed)
            let original = SessionEvents.event(&random).encoded
            let other = SessionEvents.event(&random).encoded
            for _ in 0..<15 {
                let bytes = EventFuzzTests.mutated(original, with: other, &random)
                guard let event = EventFuzzTests.decode(bytes, seed) else { continue }
                decoded += 1
                let again = event.encoded
                #expect(again.count == event.encodedSize, "seed \(seed)")
                #expect(EventFuzzTests.decode(again, seed) == event, "seed \(seed)")
            }
        }
        #expect(decoded > 5_000, "the mutations are too wild to test anything")
    }

    @Test func `random bytes never trap`() {
        for seed in UInt64(0)..<40_000 {
            var random = SeededRandom(seed: seed)
            let bytes = random.bytes(random.below(64))
            _ = EventFuzzTests.decode(bytes, seed)
            bytes.withUnsafeBytes { buffer in
                _ = try? Snapshot(decoding: buffer)
                try? EventBatch.forEach(in: buffer) { _, _ in }
            }
        }
    }

    @Test func `every truncation is a value or undecodable`() {
        for seed in UInt64(0)..<200 {
            var random = SeededRandom(seed: seed)
            let bytes = SessionEvents.event(&random).encoded.prefix(600)
            for count in 0..<bytes.count {
                _ = EventFuzzTests.decode(Array(bytes.prefix(count)), seed)
            }
        }
    }

    private static func decode(_ bytes: [UInt8], _ seed: UInt64) -> Event? {
        do {
            return try Event(decoding: bytes)
        } catch {
            #expect(error.code == .undecodable, "seed \(seed)")
            return nil
        }
    }

    private static func mutated(
        _ bytes: [UInt8], with other: [UInt8], _ random: inout SeededRandom
    ) -> [UInt8] {
        var result = bytes
        for _ in 0...random.below(3) {
            guard !result.isEmpty else { return result }
            switch random.below(6) {
            case 0: result.removeLast(random.below(result.count))
            case 1: result[random.below(result.count)] ^= 1 << UInt8(random.below(8))
            case 2: result[random.below(min(40, result.count))] = UInt8(random.below(256))
            case 3: result.insert(UInt8(random.below(256)), at: random.below(result.count))
            case 4: result.remove(at: random.below(result.count))
            default:
                let cut = random.below(result.count)
                result.replaceSubrange(cut..., with: other.suffix(random.below(other.count)))
            }
        }
        return result
    }
}
