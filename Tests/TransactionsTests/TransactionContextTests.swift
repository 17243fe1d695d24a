import Model
import TestSupport
import Testing
import Transactions

/// The header that carries a transaction.
@Suite struct TransactionContextTests {
    private static func context(part: TransactionID? = nil) -> TransactionContext {
        TransactionContext(
            xid: Xid(
                journal: 7, transaction: TransactionID(uuid: SessionID(high: 1, low: 2)), number: 3),
            mode: .writing, timeLeft: 1_500, part: part, address: "http://node-1:7171")
    }

    @Test(arguments: TransactionContext.Mode.allCases)
    func `it reads what it has written`(mode: TransactionContext.Mode) throws {
        for part in [nil, TransactionID(uuid: SessionID(high: 3, low: 4))] {
            var context = Self.context(part: part)
            context.mode = mode
            #expect(try TransactionContext(context.text) == context)
        }
    }

    @Test func `what is not as it should be is refused`() throws {
        let fields = Self.context().text.split(separator: ";", omittingEmptySubsequences: false)
            .map(String.init)
        let wrong: [(Int, [String])] = [
            (0, ["", "0", "2", "x"]), (1, ["", "1_2_3", "x"]), (2, ["", "W", "rw"]),
            (3, ["", "-1", "86400001", "1.5"]), (4, ["x", "1234"]), (5, ["", "a b", "é"]),
        ]
        for (place, values) in wrong {
            for value in values {
                var changed = fields
                changed[place] = value
                #expect(throws: RepriseError.self, "\(place): \(value)") {
                    _ = try TransactionContext(changed.joined(separator: ";"))
                }
            }
        }
        for text in ["", ";;;;;", Self.context().text + String(repeating: "a", count: 512)] {
            #expect(throws: RepriseError.self) { _ = try TransactionContext(text) }
        }
    }

    @Test func `any bytes are refused or read, never a trap`() {
        for seed in UInt64(0)..<3_000 {
            var random = SeededRandom(seed: seed)
            var text = Array(Self.context().text.utf8)
            for _ in 0...random.below(4) {
                text[random.below(text.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? TransactionContext(String(decoding: text, as: UTF8.self))
        }
    }
}
