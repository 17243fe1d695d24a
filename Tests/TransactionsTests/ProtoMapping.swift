internal import Foundation
import Model
import SchemaProto
internal import SwiftProtobuf
import Transactions

// The schema's meaning, written a second time with the generated types: what the hand-written
// encoding is held to.

extension ProtoTransactionRecord {
    init(_ record: TransactionRecord) {
        self.init()
        transaction = record.transaction.uuid.data
        step = ProtoTransactionStep(rawValue: Int(record.step.rawValue)) ?? .unspecified
        time = record.time.milliseconds
        asked = record.outline.asked ?? 0
        branches = record.outline.branches.map(ProtoTransactionBranch.init)
        actions = record.outline.actions.map(ProtoTransactionAction.init)
        messages = record.outline.messages.map(ProtoTransactionMessage.init)
        headers = record.outline.headers.map(ProtoHeader.init)
        reason = record.reason
        version = record.version == 1 ? 0 : record.version
        participants = record.outline.participants
        if let action = record.outline.finish { finish = ProtoTransactionAction(action) }
    }
}

extension ProtoTransactionCommitList {
    init(_ list: CommitList) {
        self.init()
        transaction = list.transaction.uuid.data
        journal = list.journal
        branches = list.branches.map(ProtoTransactionBranch.init)
        version = list.version == 1 ? 0 : list.version
    }
}

extension ProtoTransactionBranch {
    init(_ branch: BranchReference) {
        self.init()
        number = branch.number
        resource = branch.resource
        heuristic =
            switch branch.heuristic {
            case nil: .unspecified
            case .committed: .committed
            case .notCommitted: .notCommitted
            }
        superior = branch.superior?.xid.description ?? ""
        superiorAddress = branch.superior?.address ?? ""
        if let remote = branch.part {
            part.journal = remote.journal
            part.transaction = remote.transaction.uuid.data
        }
    }
}

extension ProtoTransactionAction {
    init(_ action: DurableAction) {
        self.init()
        session = action.session.data
        partition = action.partition
        kind = action.kind.name
        if let bytes = action.record { record = Data(bytes) }
        headers = action.headers.map(ProtoHeader.init)
        lease = action.lease
        onRollback = action.trigger == .rollback
    }
}

extension ProtoTransactionMessage {
    init(_ message: OutboxMessage) {
        self.init()
        topic = message.topic
        if let bytes = message.key { key = Data(bytes) }
        if let bytes = message.value { value = Data(bytes) }
        headers = message.headers.map(ProtoHeader.init)
    }
}

extension ProtoHeader {
    init(_ header: Header) {
        self.init()
        name = header.name
        value = header.value
    }
}

extension SessionID {
    var data: Data {
        var data = Data()
        withUnsafeBytes(of: high.bigEndian) { data.append(contentsOf: $0) }
        withUnsafeBytes(of: low.bigEndian) { data.append(contentsOf: $0) }
        return data
    }
}
