internal import Foundation
import Model
import SchemaProto
internal import SwiftProtobuf

// The schema's meaning, written a second time with the generated types: what the hand-written
// encoding is held to.

extension ProtoEvent {
    init(_ event: Event) {
        self.init()
        session = event.session.networkOrder
        sequence = event.sequence
        partition = event.partition
        type = ProtoEventType(rawValue: Int(event.body.type?.rawValue ?? 0)) ?? .unspecified
        switch event.body {
        case .opened(let opening):
            kind = opening.kind.name
            headers = opening.headers.map(ProtoHeader.init)
            if let bytes = opening.record { record = Data(bytes) }
            due = opening.lease.milliseconds
            time = opening.time.milliseconds
        case .appended(let write), .replaced(let write):
            record = Data(write.record)
            due = write.until.milliseconds
            token = write.token.rawValue
        case .extended(let until, let run):
            due = until.milliseconds
            token = run.rawValue
        case .completed(let run): token = run.rawValue
        case .closed(let time): due = time.milliseconds
        case .claimed(let claim):
            attempt = claim.attempt
            due = claim.deadline.milliseconds
            time = claim.time.milliseconds
        case .retried(let retry):
            token = retry.token.rawValue
            due = retry.due.milliseconds
            time = retry.time.milliseconds
            uncounted = !retry.counted
            reason = retry.reason
        case .parked(let parking, let run):
            token = run.rawValue
            code = parking.reason.rawValue
            reason = parking.detail
            time = parking.time.milliseconds
        case .carried(let whole): snapshot = ProtoSnapshot(whole)
        case .requeued(let requeue):
            due = requeue.due.milliseconds
            time = requeue.time.milliseconds
            if let whole = requeue.snapshot { snapshot = ProtoSnapshot(whole) }
        case .cancelled(let at): time = at.milliseconds
        case .deadLettered, .handedOver, .unknown: break
        case .owner(let who): writer = ProtoWriter(who)
        case .mark(let content): mark = ProtoMark(content)
        }
    }
}

extension ProtoSnapshot {
    init(_ whole: Snapshot) {
        self.init()
        kind = whole.kind.name
        version = whole.version
        headers = whole.headers.map(ProtoHeader.init)
        records = whole.records.map { Data($0) }
        created = whole.created.milliseconds
        attempts = whole.attempts
        order = whole.order
        history = whole.history.map { attempt in
            ProtoAttempt.with {
                $0.number = attempt.number
                $0.time = attempt.time.milliseconds
                $0.uncounted = !attempt.counted
                $0.reason = attempt.reason
            }
        }
        sequence = whole.sequence
        unread = whole.unread.map { Data($0) }
        first = whole.first.rawValue
        switch whole.phase {
        case .open(let lease):
            phase = .open
            due = lease.milliseconds
        case .waiting(let time):
            phase = .waiting
            due = time.milliseconds
        case .running(let run):
            phase = .running
            due = run.deadline.milliseconds
            token = run.token.rawValue
        case .parked(let parking):
            phase = .parked
            code = parking.reason.rawValue
            reason = parking.detail
            parkedAt = parking.time.milliseconds
        }
    }
}

extension ProtoHeader {
    init(_ header: Header) {
        self.init()
        name = header.name
        value = header.value
    }
}

extension ProtoWriter {
    init(_ writer: Writer) {
        self.init()
        node = writer.node
        journal = writer.journal
        incarnation = writer.incarnation
    }
}

extension ProtoMark {
    init(_ mark: Mark) {
        self.init()
        start = mark.start
        owner = ProtoWriter(mark.owner)
        journals = mark.journals.sorted { $0.key < $1.key }.map { entry in
            ProtoJournalPosition.with {
                $0.journal = entry.key
                $0.sequence = entry.value
            }
        }
        totals = ProtoTotals.with {
            $0.opened = mark.totals.opened
            $0.completed = mark.totals.completed
            $0.cancelled = mark.totals.cancelled
            $0.deadLettered = mark.totals.deadLettered
            $0.handedOver = mark.totals.handedOver
        }
        revivals = mark.revivals.map { revival in
            ProtoRevival.with {
                $0.sessionHigh = revival.session.high
                $0.sessionLow = revival.session.low
                $0.position = revival.position.rawValue
            }
        }
    }
}

extension SessionID {
    var networkOrder: Data {
        var data = Data()
        withUnsafeBytes(of: high.bigEndian) { data.append(contentsOf: $0) }
        withUnsafeBytes(of: low.bigEndian) { data.append(contentsOf: $0) }
        return data
    }
}
