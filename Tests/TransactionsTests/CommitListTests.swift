internal import Foundation
import Model
import SchemaProto
import SwiftProtobuf
import TestSupport
import Testing
import Transactions

/// The record of the session through which others finish a transaction.
@Suite struct CommitListTests {
    @Test func `its bytes are those of the generated code, and give the list again`() throws {
        var random = SeededRandom(seed: .random(in: .min ... .max))
        for _ in 0..<500 {
            let list = RandomRecords.list(&random)
            let bytes = list.encoded
            #expect(Data(bytes) == (try ProtoTransactionCommitList(list).serializedData()))
            #expect(CommitList(decoding: bytes) == list)
        }
    }

    @Test func `bytes that are none, or of a later version, are told`() {
        #expect(CommitList(decoding: []) == nil)
        var random = SeededRandom(seed: 7)
        var list = RandomRecords.list(&random)
        list.version = 2
        #expect(CommitList(decoding: list.encoded) == nil)
        for _ in 0..<2_000 {
            // Whatever it makes of them, it must not trap.
            _ = CommitList(decoding: random.bytes(random.below(60)))
        }
    }

    @Test func `it names the branches as their coordinator does`() {
        let id = TransactionID(uuid: SessionID(high: 3, low: 4))
        let branch = BranchReference(number: 9, resource: "bank")
        let list = CommitList(transaction: id, journal: 5, branches: [branch])
        #expect(list.xid(of: branch) == Xid(journal: 5, transaction: id, number: 9))
    }

    @Test func `its session is no durable action's`() {
        let id = TransactionID(uuid: SessionID(high: 3, low: 4))
        let actions = Set((0..<4_000).map { id.session(ofAction: $0) })
        #expect(!actions.contains(id.finishSession))
        #expect(Kind.transactionFinish.isReserved)
        #expect(!Kind(unchecked: "reprise.outbox").isReserved)
    }
}
