import Model
import TestSupport
import Transactions

/// Random records with every step and every field, extreme values included: for the codec.
enum RandomRecords {
    static func record(_ random: inout SeededRandom) -> TransactionRecord {
        var outline = Outline()
        outline.asked = random.chance(50) ? nil : number(&random) | 1
        outline.branches = some(&random) { branch(&$0) }
        outline.actions = some(&random) { action(&$0) }
        outline.messages = some(&random) { message(&$0) }
        outline.headers = headers(&random)
        outline.participants = some(&random) { text(&$0) }
        outline.finish = random.chance(50) ? nil : action(&random)
        return TransactionRecord(
            random.pick(TransactionRecord.Step.allCases), id(&random),
            time: Timestamp(milliseconds: Int64(bitPattern: random.spread())), outline: outline,
            reason: text(&random))
    }

    static func list(_ random: inout SeededRandom) -> CommitList {
        CommitList(
            transaction: id(&random), journal: random.spread(),
            branches: some(&random) { branch(&$0) })
    }

    static func id(_ random: inout SeededRandom) -> TransactionID {
        TransactionID(uuid: SessionID(high: random.spread(), low: random.next()))
    }

    static func branch(_ random: inout SeededRandom) -> BranchReference {
        BranchReference(
            number: number(&random), resource: text(&random),
            heuristic: random.pick([nil, .committed, .notCommitted]),
            superior: random.chance(30) ? superior(&random) : nil,
            part: random.chance(30)
                ? RemotePart(journal: random.spread(), transaction: id(&random)) : nil)
    }

    static func superior(_ random: inout SeededRandom) -> Superior {
        Superior(
            xid: Xid(
                journal: random.spread(), transaction: id(&random), number: number(&random)),
            address: text(&random))
    }

    static func action(_ random: inout SeededRandom) -> DurableAction {
        DurableAction(
            session: SessionID(high: random.spread(), low: random.next() | 1),
            partition: number(&random), kind: Kind(unchecked: text(&random)),
            record: bytes(&random), headers: headers(&random),
            lease: Int64(bitPattern: random.spread()),
            trigger: random.chance(50) ? .commit : .rollback)
    }

    static func message(_ random: inout SeededRandom) -> OutboxMessage {
        OutboxMessage(
            topic: text(&random), key: bytes(&random), value: bytes(&random),
            headers: headers(&random))
    }

    static func headers(_ random: inout SeededRandom) -> [Header] {
        some(&random) { Header(text(&$0), text(&$0)) }
    }

    private static func some<Element>(
        _ random: inout SeededRandom, _ make: (inout SeededRandom) -> Element
    ) -> [Element] {
        (0..<random.below(4)).map { _ in make(&random) }
    }

    private static func number(_ random: inout SeededRandom) -> UInt32 {
        UInt32(truncatingIfNeeded: random.spread())
    }

    private static func bytes(_ random: inout SeededRandom) -> [UInt8]? {
        if random.chance(25) { return nil }
        return random.bytes(random.chance(3) ? 3_000 : random.below(150))
    }

    private static func text(_ random: inout SeededRandom) -> String {
        String((0..<random.below(12)).map { _ in random.pick(Array("aZ09._-:/ é🙂")) })
    }
}
