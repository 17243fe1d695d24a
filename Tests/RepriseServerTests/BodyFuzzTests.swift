import Foundation
import Model
import TestSupport
import Testing

@testable import RepriseServer

/// Bodies of requests, answers of handlers and lists of tokens: those of the corpus, and what a
/// seed makes of them. They are read or refused, and nothing traps. `Tests/Fuzz/Corpus/requests` keeps
/// what is worth beginning from; libFuzzer begins there, too (scripts/fuzz.sh).
@Suite struct BodyFuzzTests {
    static let corpus: [[UInt8]] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fuzz/Corpus/requests")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appending(path: name))).map { Array($0) }
        }
    }()

    /// Feeds one input to everything that reads text from outside.
    private static func read(_ bytes: [UInt8]) -> Int {
        var readable = 0
        let reader = OperationReader(id: SessionID(high: 1, low: 2))
        for route in Route.allCases {
            if (try? reader.read(route, bytes)) != nil { readable += 1 }
        }
        if (try? Batch(parsing: bytes, trace: [])) != nil { readable += 1 }
        let answer = HandlerAnswer(
            status: 200, contentType: "application/json", retryAfter: nil, body: bytes)
        _ = answer.outcome(now: { .zero })
        let text = String(decoding: bytes, as: UTF8.self)
        _ = RetryAfter.delay(text, now: { .zero })
        _ = try? TokenList.parse(text, from: "fuzz")
        return readable
    }

    @Test func theCorpusIsRead() {
        #expect(Self.corpus.count >= 10)
        #expect(Self.corpus.map(Self.read).reduce(0, +) > 10)
    }

    @Test(arguments: 0..<4)
    func whatASeedMakesOfItNeverTraps(part: Int) {
        var readable = 0
        for round in 0..<1_000 {
            var random = SeededRandom(seed: UInt64(part * 1_000 + round))
            var bytes = random.pick(Self.corpus)
            let other = random.pick(Self.corpus)
            for _ in 0..<random.below(3) { Self.mutate(&bytes, with: other, &random) }
            readable += Self.read(bytes)
        }
        #expect(readable > 100, "the mutations are too wild to test anything")
    }

    private static func mutate(
        _ bytes: inout [UInt8], with other: [UInt8], _ random: inout SeededRandom
    ) {
        guard !bytes.isEmpty else { return bytes = other }
        let place = random.below(bytes.count)
        switch random.below(7) {
        case 0: bytes.removeLast(random.below(bytes.count))
        case 1: bytes[place] ^= 1 << UInt8(random.below(8))
        case 2: bytes[place] = UInt8(random.below(256))
        case 3: bytes.insert(contentsOf: random.pick(tokens), at: place)
        case 4: bytes.remove(at: place)
        case 5: bytes.replaceSubrange(place..., with: other.suffix(random.below(other.count + 1)))
        default:
            let end = place + random.below(bytes.count - place + 1)
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        }
    }

    private static let tokens: [[UInt8]] = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "-1",
        "1e999",
        "9223372036854775807", "-9223372036854775808", "0.5", "\"id\":", "\"record\":", "\u{FEFF}",
    ].map { Array($0.utf8) }
}
